select
    cast(warehouse_id as integer) as warehouse_id,
    cast(sku as varchar(64)) as sku,
    cast(quantity_on_hand as integer) as quantity_on_hand,
    cast(reorder_point as integer) as reorder_point,
    updated_at at time zone 'UTC' as updated_at,
    _loaded_at at time zone 'UTC' as loaded_at
from {{ source('oltp', 'stock_levels') }}
where _deleted_at is null
