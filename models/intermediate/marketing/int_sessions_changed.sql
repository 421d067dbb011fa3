with fct_web_events as (
    {{ changes_in('fct_web_events', 'fct_sessions') }}
),

fct_orders as (
    {{ changes_in('fct_orders', 'fct_sessions') }}
),

-- Of what changes in an order, its being there under its number counts.
orders_changed as (
    select
        order_id,
        order_number
    from fct_orders
    group by order_id, order_number
    having sum(row_sign) <> 0
),

final as (
    select visitor_key
    from fct_web_events
    where visitor_key is not null
    union
    select events.visitor_key
    from {{ ref('fct_web_events') }} as events
    inner join orders_changed
        on events.order_number = orders_changed.order_number
    where events.visitor_key is not null
)

select * from final
