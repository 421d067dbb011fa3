select
    cast(shipment_id as bigint) as shipment_id,
    cast(order_id as bigint) as order_id,
    cast(warehouse_id as integer) as warehouse_id,
    cast(carrier as varchar(32)) as carrier,
    cast(shipment_status as varchar(16)) as shipment_status,
    cast(promised_at as timestamp) as promised_at,
    cast(shipped_at as timestamp) as shipped_at,
    cast(delivered_at as timestamp) as delivered_at,
    updated_at at time zone 'UTC' as updated_at,
    _loaded_at at time zone 'UTC' as loaded_at
from {{ source('oltp', 'shipments') }}
where _deleted_at is null
