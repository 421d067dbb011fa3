{%- set built = ['int_orders_enriched', 'fct_order_items', 'fct_orders'] -%}

-- What the shop charged for an order is what its lines and its shipping add up to.
select
    order_id,
    currency_code,
    total_amount_local,
    net_amount_local,
    tax_amount_local,
    shipping_amount_local
from {{ ref('fct_orders') }}
where
    total_amount_local <> net_amount_local + tax_amount_local + shipping_amount_local
    and {{ is_settled('order_id', 'stg_oltp__orders', built) }}
