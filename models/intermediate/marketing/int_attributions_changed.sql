with fct_orders as (
    {{ changes_in('fct_orders', 'fct_attributions') }}
),

fct_web_events as (
    {{ changes_in('fct_web_events', 'fct_attributions') }}
),

fct_sessions as (
    {{ changes_in('fct_sessions', 'fct_attributions') }}
),

-- Whose orders may have other touches: those of the same device, or of the same person.
visitors_changed as (
    select visitor_key from fct_sessions
    union
    select sessions.visitor_key
    from {{ ref('fct_sessions') }} as sessions
    inner join fct_sessions
        on sessions.identity_key = fct_sessions.identity_key
),

numbers_changed as (
    select order_number
    from fct_web_events
    where order_number is not null
    union
    select events.order_number
    from visitors_changed
    inner join {{ ref('fct_sessions') }} as sessions
        on
            visitors_changed.visitor_key = sessions.visitor_key
            and sessions.has_purchase = {{ bool_true() }}
    inner join {{ ref('fct_web_events') }} as events
        on
            sessions.visitor_key = events.visitor_key
            and sessions.started_at <= events.occurred_at
            and sessions.ended_at >= events.occurred_at
    where events.order_number is not null
),

final as (
    select order_id from fct_orders
    union
    select orders.order_id
    from {{ ref('fct_orders') }} as orders
    inner join numbers_changed
        on orders.order_number = numbers_changed.order_number
)

select * from final
