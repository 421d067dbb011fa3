with int_orders_enriched as (
    {{ changes_in('int_orders_enriched', 'int_first_orders') }}
),

-- What stayed as it was, or came to be it again, adds up to nothing.
purchases_changed as (
    select
        customer_id,
        order_id
    from int_orders_enriched
    where customer_id is not null
    group by customer_id, order_id, is_cancelled, ordered_at
    having sum(row_sign) <> 0
),

final as (
    select distinct customer_id
    from purchases_changed
)

select * from final
