select
    cast(warehouse_id as integer) as warehouse_id,
    cast(warehouse_code as varchar(16)) as warehouse_code,
    cast(warehouse_name as varchar(100)) as warehouse_name,
    cast(city as varchar(100)) as city,
    cast(country_code as varchar(2)) as country_code,
    is_active <> 0 as is_active,
    cast(opened_on as date) as opened_on,
    updated_at at time zone 'UTC' as updated_at,
    _loaded_at at time zone 'UTC' as loaded_at
from {{ source('oltp', 'warehouses') }}
where _deleted_at is null
