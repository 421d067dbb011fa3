select
    {{ pseudonym('requests.request_id') }} as request_id,
    device.device_type,
    cast(requests.method as varchar(16)) as request_method,
    cast(requests.path as varchar(500)) as page_path,
    cast(requests.protocol as varchar(16)) as protocol,
    {{ url_host('requests.referrer') }} as referrer_host,
    cast(requests.status as integer) as status_code,
    cast(requests.response_bytes as bigint) as response_bytes,
    device.device_type = 'bot' as is_bot,
    requests.requested_at,
    requests._loaded_at at time zone 'UTC' as loaded_at
from {{ source('web', 'requests') }} as requests
cross join {{ device_of('requests.user_agent') }} as device
where requests._deleted_at is null
