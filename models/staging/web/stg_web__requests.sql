select
    {{ pseudonym('request_id') }} as request_id,
    {{ device_type('user_agent') }} as device_type,
    cast(method as varchar(16)) as request_method,
    cast(path as varchar(500)) as page_path,
    cast(protocol as varchar(16)) as protocol,
    {{ url_host('referrer') }} as referrer_host,
    cast(status as integer) as status_code,
    cast(response_bytes as bigint) as response_bytes,
    {{ device_type('user_agent') }} = 'bot' as is_bot,
    requested_at,
    _loaded_at at time zone 'UTC' as loaded_at
from {{ source('web', 'requests') }}
where _deleted_at is null
