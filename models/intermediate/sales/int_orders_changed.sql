with int_orders_enriched as (
    select * from {{ ref('int_orders_enriched') }}
),

orders_changed as (
    {{ changes_in('int_orders_enriched', 'fct_orders') }}
),

fct_order_items as (
    {{ changes_in('fct_order_items', 'fct_orders') }}
),

fct_payments as (
    {{ changes_in('fct_payments', 'fct_orders') }}
),

customers_changed as (
    select distinct customer_id
    from orders_changed
),

-- Where an order of a customer changed, moved away or came, another may be the first now, or may
-- have been. Of those that did not change, only their first can.
others as (
    select
        int_orders_enriched.order_id,
        row_number() over (
            partition by int_orders_enriched.customer_id
            order by int_orders_enriched.ordered_at, int_orders_enriched.order_id
        ) as order_number
    from customers_changed
    inner join int_orders_enriched
        on customers_changed.customer_id = int_orders_enriched.customer_id
    left join orders_changed
        on int_orders_enriched.order_id = orders_changed.order_id
    where
        int_orders_enriched.is_cancelled = {{ bool_false() }}
        and orders_changed.order_id is null
),

final as (
    select order_id from orders_changed
    union
    select order_id from fct_order_items
    union
    select order_id from fct_payments
    where order_id is not null
    union
    select order_id from others
    where order_number = 1
)

select * from final
