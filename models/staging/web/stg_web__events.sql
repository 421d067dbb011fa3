select
    cast(events.event_id as varchar(64)) as event_id,
    {{ pseudonym('events.visitor_id') }} as visitor_key,
    {{ pseudonym('events.user_reference') }} as identity_key,
    cast(lower(trim(events.event_type)) as varchar(32)) as event_type,
    cast(lower(nullif(trim(events.channel), '')) as varchar(16)) as channel,
    device.device_type,
    cast(
        case
            when events.country_code ~ '^[A-Za-z]{2}$' then upper(events.country_code)
        end as varchar(2)
    ) as country_code,
    cast(nullif(substring(events.page_path from '^[^?#]*'), '') as varchar(500)) as page_path,
    {{ url_host('events.referrer') }} as referrer_host,
    cast(nullif(trim(events.utm_source), '') as varchar(200)) as utm_source,
    cast(nullif(trim(events.utm_medium), '') as varchar(200)) as utm_medium,
    cast(nullif(trim(events.utm_campaign), '') as varchar(200)) as utm_campaign,
    cast(nullif(trim(events.search_term), '') as varchar(200)) as search_term,
    {{ search_term_normalised('events.search_term') }} as search_term_normalised,
    cast(nullif(trim(events.sku), '') as varchar(64)) as sku,
    cast(nullif(trim(events.order_number), '') as varchar(32)) as order_number,
    cast(events.search_result_count as bigint) as search_result_count,
    cast(events.quantity as bigint) as quantity,
    device.device_type = 'bot' as is_bot,
    -- A device's clock can be wrong, the collector's is not: it cannot have had an event before it
    -- was, and seldom has it a day late.
    case
        when
            events.occurred_at between events.received_at - interval '24 hours'
            and events.received_at
            then events.occurred_at
        else events.received_at
    end as occurred_at,
    events.received_at,
    events._loaded_at at time zone 'UTC' as loaded_at
from {{ source('web', 'events') }} as events
cross join {{ device_of('events.user_agent') }} as device
where events._deleted_at is null
