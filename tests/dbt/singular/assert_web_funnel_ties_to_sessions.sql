-- The funnel counts every session once, and every one that bought.
with both_sides as (
    select
        session_date,
        1 as session_count,
        case when has_purchase = {{ bool_true() }} then 1 else 0 end as purchase_session_count
    from {{ ref('fct_sessions') }}
    union all
    select
        session_date,
        -session_count as session_count,
        -purchase_session_count as purchase_session_count
    from {{ ref('web_funnel_daily') }}
)

select
    session_date,
    sum(session_count) as session_difference,
    sum(purchase_session_count) as purchase_difference
from both_sides
group by session_date
having
    sum(session_count) <> 0
    or sum(purchase_session_count) <> 0
