with stg_web__events as (
    select * from {{ ref('stg_web__events') }}
    {{ where_changed('event_id') }}
),

final as (
    select
        visitor_key,
        identity_key,
        event_id,
        event_type,
        channel,
        device_type,
        country_code,
        page_path,
        referrer_host,
        utm_source,
        utm_medium,
        utm_campaign,
        search_term,
        search_term_normalised,
        sku,
        order_number,
        search_result_count,
        quantity,
        is_bot,
        {{ date_of('occurred_at') }} as event_date,
        occurred_at,
        received_at
    from stg_web__events
)

select * from final
