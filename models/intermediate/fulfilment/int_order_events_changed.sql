with int_orders_enriched as (
    {{ changes_in('int_orders_enriched', 'fct_order_events') }}
),

fct_payments as (
    {{ changes_in('fct_payments', 'fct_order_events') }}
),

fct_shipments as (
    {{ changes_in('fct_shipments', 'fct_order_events') }}
),

fct_return_cycles as (
    {{ changes_in('fct_return_cycles', 'fct_order_events') }}
),

final as (
    select order_id from int_orders_enriched
    union
    select order_id from fct_payments
    where order_id is not null
    union
    select order_id from fct_shipments
    union
    select order_id from fct_return_cycles
    where order_id is not null
)

select * from final
