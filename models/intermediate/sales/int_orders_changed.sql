with int_orders_enriched as (
    {{ changes_in('int_orders_enriched', 'fct_orders') }}
),

int_first_orders as (
    {{ changes_in('int_first_orders', 'fct_orders') }}
),

fct_order_items as (
    {{ changes_in('fct_order_items', 'fct_orders') }}
),

fct_payments as (
    {{ changes_in('fct_payments', 'fct_orders') }}
),

final as (
    select order_id from int_orders_enriched
    union
    select order_id from int_first_orders
    union
    select order_id from fct_order_items
    union
    select order_id from fct_payments
    where order_id is not null
)

select * from final
