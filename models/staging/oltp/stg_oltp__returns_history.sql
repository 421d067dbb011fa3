select
    cast(return_id as bigint) as return_id,
    cast(return_status as varchar(16)) as return_status,
    _history_id as history_id,
    updated_at at time zone 'UTC' as updated_at,
    _committed_at at time zone 'UTC' as committed_at,
    case when _change = 'd' then _committed_at at time zone 'UTC' end as deleted_at,
    _loaded_at at time zone 'UTC' as loaded_at
from {{ source('oltp', 'returns__history') }}
