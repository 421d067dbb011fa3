with stg_oltp__orders as (
    select * from {{ ref('stg_oltp__orders') }}
),

stg_oltp__order_items as (
    select * from {{ ref('stg_oltp__order_items') }}
),

int_exchange_rates_today as (
    select * from {{ ref('int_exchange_rates_today') }}
),

orders_today as (
    select *
    from stg_oltp__orders
    where {{ date_of('ordered_at') }} = {{ current_date_utc() }}
),

lines_today as (
    select
        stg_oltp__order_items.order_id,
        stg_oltp__order_items.quantity,
        stg_oltp__order_items.quantity * stg_oltp__order_items.unit_price as gross_amount_local,
        stg_oltp__order_items.discount_amount as discount_amount_local,
        (
            stg_oltp__order_items.quantity * stg_oltp__order_items.unit_price
            - stg_oltp__order_items.discount_amount
        ) as net_amount_local,
        stg_oltp__order_items.tax_amount as tax_amount_local,
        int_exchange_rates_today.rate_to_reporting
    from orders_today
    inner join stg_oltp__order_items
        on orders_today.order_id = stg_oltp__order_items.order_id
    left join int_exchange_rates_today
        on stg_oltp__order_items.currency_code = int_exchange_rates_today.currency_code
),

-- Line by line, as in fct_order_items: the sum of rounded amounts is not the rounded sum.
converted as (
    select
        order_id,
        quantity,
        {{ in_reporting_currency('gross_amount_local', 'rate_to_reporting') }} as gross_amount,
        {{ in_reporting_currency('discount_amount_local', 'rate_to_reporting') }}
            as discount_amount,
        {{ in_reporting_currency('net_amount_local', 'rate_to_reporting') }} as net_amount,
        {{ in_reporting_currency('tax_amount_local', 'rate_to_reporting') }} as tax_amount
    from lines_today
),

line_totals as (
    select
        order_id,
        count(*) as line_count,
        sum(quantity) as quantity,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(net_amount) as net_amount,
        sum(tax_amount) as tax_amount
    from converted
    group by order_id
),

joined as (
    select
        orders_today.order_id,
        orders_today.channel,
        orders_today.order_status,
        orders_today.shipping_country_code as country_code,
        coalesce(line_totals.line_count, 0) as line_count,
        coalesce(line_totals.quantity, 0) as quantity,
        coalesce(line_totals.gross_amount, 0) as gross_amount,
        coalesce(line_totals.discount_amount, 0) as discount_amount,
        coalesce(line_totals.net_amount, 0) as net_amount,
        coalesce(line_totals.tax_amount, 0) as tax_amount,
        {{ in_reporting_currency(
            'orders_today.shipping_amount', 'int_exchange_rates_today.rate_to_reporting'
        ) }} as shipping_amount,
        orders_today.ordered_at
    from orders_today
    left join line_totals
        on orders_today.order_id = line_totals.order_id
    left join int_exchange_rates_today
        on orders_today.currency_code = int_exchange_rates_today.currency_code
),

final as (
    select
        order_id,
        channel,
        order_status,
        country_code,
        line_count,
        quantity,
        gross_amount,
        discount_amount,
        net_amount,
        tax_amount,
        shipping_amount,
        cast(net_amount + tax_amount + shipping_amount as {{ type_money() }}) as total_amount,
        case
            when order_status = 'cancelled' then {{ bool_true() }} else {{ bool_false() }}
        end as is_cancelled,
        ordered_at
    from joined
)

select * from final
