-- Every event of a person is in exactly one session, found by its time, and nothing else is in any:
-- what a visitor does from the start of a session to that of the next is the session's, the first
-- of it its start and the last its end.
with marks as (
    select
        visitor_key,
        started_at as marked_at,
        0 as is_event,
        ended_at,
        event_count
    from {{ ref('fct_sessions') }}
    union all
    select
        visitor_key,
        occurred_at as marked_at,
        1 as is_event,
        cast(null as timestamp) as ended_at,
        cast(null as {{ dbt.type_int() }}) as event_count
    from {{ ref('fct_web_events') }}
    where
        visitor_key is not null
        and is_bot = {{ bool_false() }}
),

placed as (
    select
        marks.*,
        sum(1 - is_event) over (
            partition by visitor_key
            order by marked_at, is_event
            rows between unbounded preceding and current row
        ) as session_number
    from marks
)

select
    visitor_key,
    session_number,
    max(event_count) as session_event_count,
    sum(is_event) as event_count,
    max(case when is_event = 0 then marked_at end) as started_at,
    min(case when is_event = 1 then marked_at end) as first_event_at,
    max(ended_at) as ended_at,
    max(case when is_event = 1 then marked_at end) as last_event_at
from placed
group by visitor_key, session_number
having
    session_number = 0
    or sum(is_event) <> max(event_count)
    or min(case when is_event = 1 then marked_at end)
    <> max(case when is_event = 0 then marked_at end)
    or max(case when is_event = 1 then marked_at end) <> max(ended_at)
