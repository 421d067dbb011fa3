{%- set built = [
    'int_exchange_rates_daily', 'int_orders_enriched', 'fct_order_items', 'fct_orders'
] -%}

-- The day's sales are the same read live and in fct_orders, over orders that stayed as they were.
with both_sides as (
    select
        order_id,
        channel,
        country_code,
        1 as order_count,
        line_count,
        gross_amount,
        discount_amount,
        net_amount,
        tax_amount,
        shipping_amount
    from {{ ref('int_orders_today') }}
    where is_cancelled = {{ bool_false() }}
    union all
    select
        order_id,
        channel,
        country_code,
        -1 as order_count,
        -line_count as line_count,
        -gross_amount as gross_amount,
        -discount_amount as discount_amount,
        -net_amount as net_amount,
        -tax_amount as tax_amount,
        -shipping_amount as shipping_amount
    from {{ ref('fct_orders') }}
    where
        order_date_utc = {{ current_date_utc() }}
        and is_cancelled = {{ bool_false() }}
),

-- A line that moved to another order leaves the one that the mart shows it in.
orders_with_moved_lines as (
    select order_id
    from {{ ref('stg_oltp__order_items') }}
    where loaded_at > {{ all_loaded_through(built) }}
    union all
    select order_id
    from {{ ref('fct_order_items') }}
    where not {{ is_settled('order_item_id', 'stg_oltp__order_items', built) }}
)

select
    channel,
    country_code,
    sum(order_count) as order_difference,
    sum(line_count) as line_difference,
    sum(gross_amount) as gross_difference,
    sum(discount_amount) as discount_difference,
    sum(net_amount) as net_difference,
    sum(tax_amount) as tax_difference,
    sum(shipping_amount) as shipping_difference
from both_sides
where
    {{ is_settled('both_sides.order_id', 'stg_oltp__orders', built) }}
    and both_sides.order_id not in (
        select orders_with_moved_lines.order_id from orders_with_moved_lines
    )
    and not exists (
        select 1
        from {{ ref('stg_oltp__exchange_rates') }} as rates
        where rates.loaded_at > {{ all_loaded_through(built) }}
    )
group by channel, country_code
having
    sum(order_count) <> 0
    or sum(line_count) <> 0
    or sum(gross_amount) <> 0
    or sum(discount_amount) <> 0
    or sum(net_amount) <> 0
    or sum(tax_amount) <> 0
    or sum(shipping_amount) <> 0
