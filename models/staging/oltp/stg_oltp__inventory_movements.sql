select
    cast(movement_id as bigint) as movement_id,
    cast(warehouse_id as integer) as warehouse_id,
    cast(sku as varchar(64)) as sku,
    cast(movement_type as varchar(16)) as movement_type,
    cast(quantity as integer) as quantity,
    cast(order_item_id as bigint) as order_item_id,
    cast(return_id as bigint) as return_id,
    cast(occurred_at as timestamp) as occurred_at,
    _loaded_at at time zone 'UTC' as loaded_at
from {{ source('oltp', 'inventory_movements') }}
where _deleted_at is null
