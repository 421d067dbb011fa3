with dim_products as (
    select * from {{ ref('dim_products') }}
    where sku is not null
),

fct_order_items as (
    select * from {{ ref('fct_order_items') }}
    where is_cancelled = {{ bool_false() }}
),

int_exchange_rates_daily as (
    select * from {{ ref('int_exchange_rates_daily') }}
),

versions as (
    select
        dim_products.*,
        lag(list_price_local) over (partition by sku order by version_number)
            as price_before_local,
        lag(price_currency_code) over (partition by sku order by version_number)
            as currency_code_before
    from dim_products
),

-- Another name or cost is a version, but no other price.
marked as (
    select
        versions.*,
        case
            when
                version_number > 1
                and coalesce(list_price_local, -1) = coalesce(price_before_local, -1)
                and coalesce(price_currency_code, '-') = coalesce(currency_code_before, '-')
                then 0
            else 1
        end as begins_price
    from versions
),

numbered as (
    select
        marked.*,
        sum(begins_price) over (
            partition by sku
            order by version_number
            rows between unbounded preceding and current row
        ) as price_number
    from marked
),

periods as (
    select
        sku,
        price_number,
        price_currency_code,
        list_price_local,
        max(case when is_current = {{ bool_true() }} then 1 else 0 end) as holds_now,
        min(valid_from) as valid_from,
        max(valid_to) as valid_to
    from numbered
    group by sku, price_number, price_currency_code, list_price_local
),

sold_by_day as (
    select
        product_key,
        order_date_utc,
        sum(quantity) as quantity,
        sum(gross_amount) as gross_amount,
        sum(net_amount) as net_amount
    from fct_order_items
    group by product_key, order_date_utc
),

-- At list price, converted as the sale was.
sold as (
    select
        numbered.sku,
        numbered.price_number,
        sum(sold_by_day.quantity) as quantity,
        sum({{ in_reporting_currency(
            'sold_by_day.quantity * numbered.list_price_local',
            'int_exchange_rates_daily.rate_to_reporting',
        ) }}) as list_amount,
        sum(sold_by_day.gross_amount) as gross_amount,
        sum(sold_by_day.net_amount) as net_amount
    from sold_by_day
    inner join numbered
        on sold_by_day.product_key = numbered.product_key
    left join int_exchange_rates_daily
        on
            numbered.price_currency_code = int_exchange_rates_daily.currency_code
            and sold_by_day.order_date_utc = int_exchange_rates_daily.rate_date
    group by numbered.sku, numbered.price_number
),

final as (
    select
        periods.sku,
        periods.price_currency_code,
        cast(periods.price_number as {{ dbt.type_int() }}) as price_number,
        periods.list_price_local,
        {{ rate_of(
            'periods.list_price_local - periods_before.list_price_local',
            'periods_before.list_price_local',
        ) }} as price_change_rate,
        cast(coalesce(sold.quantity, 0) as {{ dbt.type_bigint() }}) as quantity,
        cast(sold.list_amount as {{ type_money() }}) as list_amount,
        cast(coalesce(sold.gross_amount, 0) as {{ type_money() }}) as gross_amount,
        cast(coalesce(sold.net_amount, 0) as {{ type_money() }}) as net_amount,
        {{ rate_of('sold.net_amount', 'sold.quantity') }} as paid_unit_price,
        {{ rate_of('sold.list_amount - sold.net_amount', 'sold.list_amount') }}
            as discount_from_list_rate,
        case when periods.holds_now = 1 then {{ bool_true() }} else {{ bool_false() }} end
            as is_current,
        periods.valid_from,
        periods.valid_to
    from periods
    left join periods as periods_before
        on
            periods.sku = periods_before.sku
            and periods.price_number = periods_before.price_number + 1
            and periods.price_currency_code = periods_before.price_currency_code
    left join sold
        on
            periods.sku = sold.sku
            and periods.price_number = sold.price_number
)

select * from final
