with fct_web_events as (
    select * from {{ ref('fct_web_events') }}
    {{ where_changed('visitor_key') }}
),

fct_sessions as (
    select * from {{ ref('fct_sessions') }}
    {{ where_changed('visitor_key') }}
),

session_events as (
    select
        fct_sessions.session_key,
        fct_sessions.has_purchase,
        fct_web_events.visitor_key,
        fct_web_events.event_id,
        fct_web_events.event_type,
        fct_web_events.channel,
        fct_web_events.device_type,
        fct_web_events.search_term,
        fct_web_events.search_term_normalised,
        fct_web_events.sku,
        fct_web_events.search_result_count,
        fct_web_events.occurred_at,
        row_number() over (
            partition by fct_sessions.session_key
            order by fct_web_events.occurred_at, fct_web_events.event_id
        ) as event_number,
        sum(case when fct_web_events.event_type = 'search' then 1 else 0 end) over (
            partition by fct_sessions.session_key
            order by fct_web_events.occurred_at, fct_web_events.event_id
            rows between unbounded preceding and current row
        ) as search_number
    from fct_web_events
    inner join fct_sessions
        on
            fct_web_events.visitor_key = fct_sessions.visitor_key
            and fct_web_events.occurred_at >= fct_sessions.started_at
            and fct_web_events.occurred_at <= fct_sessions.ended_at
    where
        fct_web_events.is_bot = {{ bool_false() }}
        and fct_sessions.has_search = {{ bool_true() }}
),

-- What was looked at until the next search was found by this one, as far as anybody can tell.
followed_events as (
    select
        session_events.*,
        min(case when event_type = 'product_view' and sku is not null then event_number end) over (
            partition by session_key, search_number
        ) as click_number,
        max(case when event_type = 'purchase' then event_number end) over (
            partition by session_key
        ) as last_purchase_number
    from session_events
),

clicks as (
    select
        session_key,
        search_number,
        sku,
        occurred_at
    from followed_events
    where
        event_number = click_number
        and search_number > 0
),

final as (
    select
        searches.session_key,
        searches.visitor_key,
        searches.event_id,
        searches.channel,
        searches.device_type,
        searches.search_term_normalised as search_term,
        searches.search_term as typed_search_term,
        clicks.sku as clicked_sku,
        cast(searches.search_number as {{ dbt.type_int() }}) as search_number,
        searches.search_result_count,
        {{ date_diff_seconds('clicks.occurred_at', 'searches.occurred_at') }} as seconds_to_click,
        case
            when searches.search_result_count = 0 then {{ bool_true() }} else {{ bool_false() }}
        end as is_without_results,
        case when clicks.sku is not null then {{ bool_true() }} else {{ bool_false() }} end
            as has_click,
        case
            when
                searches.has_purchase = {{ bool_true() }}
                and searches.last_purchase_number > searches.event_number
                then {{ bool_true() }}
            else {{ bool_false() }}
        end as has_purchase,
        {{ date_of('searches.occurred_at') }} as search_date,
        searches.occurred_at as searched_at
    from followed_events as searches
    left join clicks
        on
            searches.session_key = clicks.session_key
            and searches.search_number = clicks.search_number
    where searches.event_type = 'search'
)

select * from final
