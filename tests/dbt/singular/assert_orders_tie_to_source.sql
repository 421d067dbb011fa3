{%- set built = ['int_orders_enriched', 'fct_orders'] -%}

-- Every order is in the mart once, with the source's state, total and shipping.
with both_sides as (
    select
        currency_code,
        order_status,
        1 as order_count,
        total_amount as total_amount_local,
        shipping_amount as shipping_amount_local
    from {{ ref('stg_oltp__orders') }}
    where {{ is_settled('order_id', 'stg_oltp__orders', built) }}
    union all
    select
        currency_code,
        order_status,
        -1 as order_count,
        -total_amount_local as total_amount_local,
        -shipping_amount_local as shipping_amount_local
    from {{ ref('fct_orders') }}
    where {{ is_settled('order_id', 'stg_oltp__orders', built) }}
)

select
    currency_code,
    order_status,
    sum(order_count) as order_difference,
    sum(total_amount_local) as total_difference,
    sum(shipping_amount_local) as shipping_difference
from both_sides
group by currency_code, order_status
having
    sum(order_count) <> 0
    or sum(total_amount_local) <> 0
    or sum(shipping_amount_local) <> 0
