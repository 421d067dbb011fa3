with int_sales_daily as (
    select * from {{ ref('int_sales_daily') }}
),

dim_countries as (
    select * from {{ ref('dim_countries') }}
),

leaves as (
    select
        {{ month_start('order_date') }} as order_month,
        country_code,
        category_level_1,
        sum(category_order_count) as category_order_count,
        sum(order_count) as order_count,
        sum(quantity) as quantity,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(net_amount) as net_amount,
        sum(tax_amount) as tax_amount,
        sum(cost_amount) as cost_amount,
        sum(margin_amount) as margin_amount
    from int_sales_daily
    group by {{ month_start('order_date') }}, country_code, category_level_1
),

totals as (
    select
        order_month,
        country_code,
        category_level_1,
        -- 1 on the total rows of a column: there, and only there, its NULL means all values.
        grouping(order_month) as is_all_months,
        grouping(country_code) as is_all_countries,
        grouping(category_level_1) as is_all_categories,
        sum(category_order_count) as category_order_count,
        sum(order_count) as order_count,
        sum(quantity) as quantity,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(net_amount) as net_amount,
        sum(tax_amount) as tax_amount,
        sum(cost_amount) as cost_amount,
        sum(margin_amount) as margin_amount
    from leaves
    group by grouping sets (
        (order_month, country_code, category_level_1),
        (order_month, country_code),
        (order_month, category_level_1),
        (country_code, category_level_1),
        (order_month),
        (country_code),
        (category_level_1),
        ()
    )
),

labelled as (
    select
        case 4 * totals.is_all_months + 2 * totals.is_all_countries + totals.is_all_categories
            when 0 then 'country_category_month'
            when 1 then 'country_month'
            when 2 then 'category_month'
            when 3 then 'month'
            when 4 then 'country_category'
            when 5 then 'country'
            when 6 then 'category'
            else 'total'
        end as sales_level,
        totals.country_code,
        case
            when totals.is_all_countries = 1 then 'All countries'
            else coalesce(dim_countries.country_name, totals.country_code)
        end as country_name,
        case
            when totals.is_all_categories = 1 then 'All categories'
            else totals.category_level_1
        end as category_name,
        case
            when totals.is_all_months = 1 then 'All months'
            else substr({{ format_date('totals.order_month') }}, 1, 7)
        end as month_name,
        case
            when totals.is_all_categories = 1 then totals.order_count
            else totals.category_order_count
        end as order_count,
        totals.quantity,
        totals.gross_amount,
        totals.discount_amount,
        totals.net_amount,
        totals.tax_amount,
        totals.cost_amount,
        totals.margin_amount,
        totals.category_level_1,
        totals.order_month
    from totals
    left join dim_countries
        on totals.country_code = dim_countries.country_code
),

final as (
    select
        {{ surrogate_key([
            'sales_level', 'country_code', 'category_level_1', format_date('order_month')
        ]) }} as country_category_month_key,
        cast(sales_level as varchar(32)) as sales_level,
        country_code,
        cast(country_name as {{ type_varchar(100) }}) as country_name,
        cast(category_name as {{ type_varchar(100) }}) as category_name,
        cast(month_name as varchar(16)) as month_name,
        cast(coalesce(order_count, 0) as {{ dbt.type_bigint() }}) as order_count,
        cast(coalesce(quantity, 0) as {{ dbt.type_bigint() }}) as quantity,
        cast(coalesce(gross_amount, 0) as {{ type_money() }}) as gross_amount,
        cast(coalesce(discount_amount, 0) as {{ type_money() }}) as discount_amount,
        cast(coalesce(net_amount, 0) as {{ type_money() }}) as net_amount,
        cast(coalesce(tax_amount, 0) as {{ type_money() }}) as tax_amount,
        cast(coalesce(cost_amount, 0) as {{ type_money() }}) as cost_amount,
        cast(coalesce(margin_amount, 0) as {{ type_money() }}) as margin_amount,
        order_month
    from labelled
)

select * from final
