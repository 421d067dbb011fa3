-- Every event of a person is in exactly one session, found by its time, and nothing else is in any.
with sessions as (
    select
        visitor_key,
        count(*) as session_count,
        sum(event_count) as event_count
    from {{ ref('fct_sessions') }}
    group by visitor_key
),

events as (
    select
        web_events.visitor_key,
        count(*) as event_count,
        count(distinct sessions.session_key) as session_count,
        count(sessions.session_key) as found_count
    from {{ ref('fct_web_events') }} as web_events
    left join {{ ref('fct_sessions') }} as sessions
        on
            web_events.visitor_key = sessions.visitor_key
            and web_events.occurred_at >= sessions.started_at
            and web_events.occurred_at <= sessions.ended_at
    where
        web_events.visitor_key is not null
        and web_events.is_bot = {{ bool_false() }}
    group by web_events.visitor_key
)

select
    events.visitor_key,
    sessions.visitor_key as session_visitor_key,
    events.event_count,
    events.found_count,
    sessions.event_count as session_event_count
from events
full outer join sessions
    on events.visitor_key = sessions.visitor_key
where
    events.visitor_key is null
    or sessions.visitor_key is null
    or events.event_count <> events.found_count
    or events.event_count <> sessions.event_count
    or events.session_count <> sessions.session_count
