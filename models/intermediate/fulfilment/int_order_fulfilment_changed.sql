with int_orders_enriched as (
    {{ changes_in('int_orders_enriched', 'fct_order_fulfilment') }}
),

fct_order_items as (
    {{ changes_in('fct_order_items', 'fct_order_fulfilment') }}
),

fct_shipments as (
    {{ changes_in('fct_shipments', 'fct_order_fulfilment') }}
),

fct_payments as (
    {{ changes_in('fct_payments', 'fct_order_fulfilment') }}
),

fct_returns as (
    {{ changes_in('fct_returns', 'fct_order_fulfilment') }}
),

final as (
    select order_id from int_orders_enriched
    union
    select order_id from fct_order_items
    union
    select order_id from fct_shipments
    union
    select order_id from fct_payments
    where order_id is not null
    union
    select order_id from fct_returns
    where order_id is not null
)

select * from final
