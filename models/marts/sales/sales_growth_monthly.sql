with sales_by_country_category_month as (
    select * from {{ ref('sales_by_country_category_month') }}
    where order_month is not null
),

-- Every level has its names, also where a code is NULL because the row is a total.
months as (
    select
        sales_by_country_category_month.*,
        12 * {{ year_of('order_month') }} + {{ month_of('order_month') }} as month_number
    from sales_by_country_category_month
),

shop_months as (
    select
        month_number,
        net_amount
    from months
    where sales_level = 'month'
),

final as (
    select
        months.country_category_month_key,
        months.sales_level,
        months.country_code,
        months.country_name,
        months.category_name,
        months.month_name,
        months.net_amount,
        months_before.net_amount as month_before_net_amount,
        years_before.net_amount as year_before_net_amount,
        {{ rate_of('months.net_amount - months_before.net_amount', 'months_before.net_amount') }}
            as month_over_month_rate,
        {{ rate_of('months.net_amount - years_before.net_amount', 'years_before.net_amount') }}
            as year_over_year_rate,
        {{ rate_of('months.net_amount', 'shop_months.net_amount') }} as shop_share,
        case
            when months.order_month < {{ month_start(as_of_date()) }} then {{ bool_true() }}
            else {{ bool_false() }}
        end as is_complete,
        months.order_month
    from months
    left join months as months_before
        on
            months.sales_level = months_before.sales_level
            and months.country_name = months_before.country_name
            and months.category_name = months_before.category_name
            and months.month_number = months_before.month_number + 1
    left join months as years_before
        on
            months.sales_level = years_before.sales_level
            and months.country_name = years_before.country_name
            and months.category_name = years_before.category_name
            and months.month_number = years_before.month_number + 12
    left join shop_months
        on months.month_number = shop_months.month_number
)

select * from final
