{%- set built = ['int_orders_enriched', 'fct_order_items'] -%}

-- Every line of every order is in the mart once, with the source's quantity and money.
with both_sides as (
    select
        order_items.currency_code,
        1 as line_count,
        order_items.quantity,
        order_items.quantity * order_items.unit_price as gross_amount_local,
        order_items.discount_amount as discount_amount_local,
        order_items.quantity * order_items.unit_price - order_items.discount_amount
            as net_amount_local,
        order_items.tax_amount as tax_amount_local
    from {{ ref('stg_oltp__order_items') }} as order_items
    inner join {{ ref('stg_oltp__orders') }} as orders
        on order_items.order_id = orders.order_id
    where
        {{ is_settled('order_items.order_item_id', 'stg_oltp__order_items', built) }}
        and {{ is_settled('order_items.order_id', 'stg_oltp__orders', built) }}
    union all
    select
        currency_code,
        -1 as line_count,
        -quantity as quantity,
        -gross_amount_local as gross_amount_local,
        -discount_amount_local as discount_amount_local,
        -net_amount_local as net_amount_local,
        -tax_amount_local as tax_amount_local
    from {{ ref('fct_order_items') }}
    where
        {{ is_settled('order_item_id', 'stg_oltp__order_items', built) }}
        and {{ is_settled('order_id', 'stg_oltp__orders', built) }}
)

select
    currency_code,
    sum(line_count) as line_difference,
    sum(quantity) as quantity_difference,
    sum(gross_amount_local) as gross_difference,
    sum(discount_amount_local) as discount_difference,
    sum(net_amount_local) as net_difference,
    sum(tax_amount_local) as tax_difference
from both_sides
group by currency_code
having
    sum(line_count) <> 0
    or sum(quantity) <> 0
    or sum(gross_amount_local) <> 0
    or sum(discount_amount_local) <> 0
    or sum(net_amount_local) <> 0
    or sum(tax_amount_local) <> 0
