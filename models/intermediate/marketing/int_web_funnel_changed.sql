with fct_sessions as (
    {{ changes_in('fct_sessions', 'web_funnel_daily') }}
),

final as (
    select distinct session_date
    from fct_sessions
)

select * from final
