with fct_web_events as (
    {{ changes_in('fct_web_events', 'fct_searches') }}
),

fct_sessions as (
    {{ changes_in('fct_sessions', 'fct_searches') }}
),

final as (
    select visitor_key
    from fct_web_events
    where visitor_key is not null
    union
    select visitor_key from fct_sessions
)

select * from final
