select
    cast(order_item_id as bigint) as order_item_id,
    cast(order_id as bigint) as order_id,
    cast(line_number as integer) as line_number,
    cast(sku as varchar(64)) as sku,
    cast(shipment_id as bigint) as shipment_id,
    cast(quantity as integer) as quantity,
    cast(currency_code as varchar(3)) as currency_code,
    cast(unit_price as decimal(16, 4)) as unit_price,
    cast(discount_amount as decimal(16, 4)) as discount_amount,
    cast(tax_rate as decimal(6, 4)) as tax_rate,
    cast(tax_amount as decimal(16, 4)) as tax_amount,
    updated_at at time zone 'UTC' as updated_at,
    _loaded_at at time zone 'UTC' as loaded_at
from {{ source('oltp', 'order_items') }}
where _deleted_at is null
