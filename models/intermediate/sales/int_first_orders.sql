with int_orders_enriched as (
    select * from {{ ref('int_orders_enriched') }}
    {{ where_changed('customer_id') }}
),

-- A cancelled order is no purchase, so it neither is the first nor takes that place.
purchases as (
    select
        customer_id,
        order_id,
        row_number() over (
            partition by customer_id
            order by ordered_at, order_id
        ) as purchase_number
    from int_orders_enriched
    where
        customer_id is not null
        and is_cancelled = {{ bool_false() }}
),

final as (
    select
        customer_id,
        order_id
    from purchases
    where purchase_number = 1
)

select * from final
