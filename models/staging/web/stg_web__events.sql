select
    cast(event_id as varchar(64)) as event_id,
    {{ pseudonym('visitor_id') }} as visitor_key,
    {{ pseudonym('user_reference') }} as identity_key,
    cast(lower(trim(event_type)) as varchar(32)) as event_type,
    cast(lower(nullif(trim(channel), '')) as varchar(16)) as channel,
    {{ device_type('user_agent') }} as device_type,
    cast(
        case when country_code ~ '^[A-Za-z]{2}$' then upper(country_code) end as varchar(2)
    ) as country_code,
    cast(nullif(substring(page_path from '^[^?#]*'), '') as varchar(500)) as page_path,
    {{ url_host('referrer') }} as referrer_host,
    cast(nullif(trim(utm_source), '') as varchar(200)) as utm_source,
    cast(nullif(trim(utm_medium), '') as varchar(200)) as utm_medium,
    cast(nullif(trim(utm_campaign), '') as varchar(200)) as utm_campaign,
    cast(nullif(trim(search_term), '') as varchar(200)) as search_term,
    {{ search_term_normalised('search_term') }} as search_term_normalised,
    cast(nullif(trim(sku), '') as varchar(64)) as sku,
    cast(nullif(trim(order_number), '') as varchar(32)) as order_number,
    cast(search_result_count as bigint) as search_result_count,
    cast(quantity as bigint) as quantity,
    {{ device_type('user_agent') }} = 'bot' as is_bot,
    -- A device's clock can be wrong, the collector's is not: it cannot have had an event before it
    -- was, and seldom has it a day late.
    case
        when occurred_at between received_at - interval '24 hours' and received_at then occurred_at
        else received_at
    end as occurred_at,
    received_at,
    _loaded_at at time zone 'UTC' as loaded_at
from {{ source('web', 'events') }}
where _deleted_at is null
