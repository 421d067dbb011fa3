{#- Seconds without an event of the visitor that end a session. -#}
{%- set timeout = 1800 -%}

-- All of a visitor: a late event may join two sessions, or begin one and renumber the others.
with fct_web_events as (
    select * from {{ ref('fct_web_events') }}
    {{ where_changed('visitor_key') }}
),

fct_orders as (
    select * from {{ ref('fct_orders') }}
),

people_events as (
    select
        fct_web_events.*,
        lag(occurred_at) over (
            partition by visitor_key
            order by occurred_at, event_id
        ) as previous_occurred_at,
        row_number() over (
            partition by visitor_key, event_type, order_number
            order by occurred_at, event_id
        ) as order_event_number
    from fct_web_events
    where
        visitor_key is not null
        and is_bot = {{ bool_false() }}
),

-- A confirmation page that is loaded again is no second purchase.
marked_events as (
    select
        people_events.*,
        case
            when
                {{ date_diff_seconds('occurred_at', 'previous_occurred_at') }} < {{ timeout }}
                then 0
            else 1
        end as begins_session,
        case
            when event_type = 'purchase' and (order_number is null or order_event_number = 1)
                then 1
            else 0
        end as is_purchase
    from people_events
),

session_events as (
    select
        marked_events.*,
        sum(begins_session) over (
            partition by visitor_key
            order by occurred_at, event_id
            rows between unbounded preceding and current row
        ) as session_number
    from marked_events
),

numbered_events as (
    select
        session_events.*,
        row_number() over (
            partition by visitor_key, session_number
            order by occurred_at, event_id
        ) as event_number
    from session_events
),

-- Which of a session's events say what the session is told of.
telling_events as (
    select
        numbered_events.*,
        min(case when page_path is not null then event_number end) over (
            partition by visitor_key, session_number
        ) as landing_number,
        max(case when page_path is not null then event_number end) over (
            partition by visitor_key, session_number
        ) as exit_number,
        max(case when identity_key is not null then event_number end) over (
            partition by visitor_key, session_number
        ) as identity_number,
        min(case when is_purchase = 1 then event_number end) over (
            partition by visitor_key, session_number
        ) as purchase_number
    from numbered_events
),

entered_events as (
    select
        telling_events.*,
        case when event_number = coalesce(landing_number, 1) then 1 else 0 end as is_entry,
        nullif(lower(utm_source), '') as source_name,
        nullif(lower(utm_medium), '') as medium,
        {{ outside_host('referrer_host') }} as outside_host
    from telling_events
),

sessions as (
    select
        visitor_key,
        session_number,
        max(case when event_number = identity_number then identity_key end) as identity_key,
        max(case when event_number = purchase_number then order_number end) as order_number,
        max(case when is_entry = 1 then channel end) as channel,
        max(case when is_entry = 1 then device_type end) as device_type,
        max(case when is_entry = 1 then country_code end) as country_code,
        max(case when is_entry = 1 then source_name end) as source_name,
        max(case when is_entry = 1 then medium end) as medium,
        max(case when is_entry = 1 then outside_host end) as outside_host,
        max(case when is_entry = 1 then utm_campaign end) as campaign,
        max(case when event_number = landing_number then page_path end) as landing_page,
        max(case when event_number = exit_number then page_path end) as exit_page,
        count(*) as event_count,
        sum(case when event_type in ('page_view', 'product_view') then 1 else 0 end)
            as page_view_count,
        sum(case when event_type = 'product_view' then 1 else 0 end) as product_view_count,
        sum(case when event_type = 'search' then 1 else 0 end) as search_count,
        sum(case when event_type = 'add_to_cart' then 1 else 0 end) as cart_addition_count,
        sum(case when event_type = 'checkout_start' then 1 else 0 end) as checkout_count,
        sum(is_purchase) as purchase_count,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        min(case when is_purchase = 1 then occurred_at end) as purchased_at
    from entered_events
    group by visitor_key, session_number
),

final as (
    select
        {{ surrogate_key(['sessions.visitor_key', format_timestamp('sessions.started_at')]) }}
            as session_key,
        sessions.visitor_key,
        sessions.identity_key,
        fct_orders.order_id,
        sessions.channel,
        sessions.device_type,
        sessions.country_code,
        cast(
            {{ channel_group(
                'sessions.source_name', 'sessions.medium', 'sessions.outside_host'
            ) }}
            as varchar(32)
        ) as channel_group,
        cast(coalesce(sessions.source_name, sessions.outside_host) as {{ type_varchar(253) }})
            as session_source,
        cast(sessions.medium as {{ type_varchar(200) }}) as session_medium,
        cast(sessions.campaign as {{ type_varchar(200) }}) as session_campaign,
        sessions.landing_page,
        sessions.exit_page,
        cast(sessions.session_number as {{ dbt.type_int() }}) as session_number,
        cast(sessions.event_count as {{ dbt.type_int() }}) as event_count,
        cast(sessions.page_view_count as {{ dbt.type_int() }}) as page_view_count,
        cast(sessions.product_view_count as {{ dbt.type_int() }}) as product_view_count,
        cast(sessions.search_count as {{ dbt.type_int() }}) as search_count,
        cast(sessions.cart_addition_count as {{ dbt.type_int() }}) as cart_addition_count,
        cast(sessions.purchase_count as {{ dbt.type_int() }}) as purchase_count,
        {{ date_diff_seconds('sessions.ended_at', 'sessions.started_at') }} as duration_seconds,
        case when sessions.product_view_count > 0 then {{ bool_true() }} else {{ bool_false() }} end
            as has_product_view,
        case when sessions.search_count > 0 then {{ bool_true() }} else {{ bool_false() }} end
            as has_search,
        case
            when sessions.cart_addition_count > 0 then {{ bool_true() }} else {{ bool_false() }}
        end as has_cart,
        case when sessions.checkout_count > 0 then {{ bool_true() }} else {{ bool_false() }} end
            as has_checkout,
        case when sessions.purchase_count > 0 then {{ bool_true() }} else {{ bool_false() }} end
            as has_purchase,
        {{ date_of('sessions.started_at') }} as session_date,
        sessions.started_at,
        sessions.ended_at,
        sessions.purchased_at
    from sessions
    left join fct_orders
        on sessions.order_number = fct_orders.order_number
)

select * from final
