select
    cast(return_id as bigint) as return_id,
    cast(return_number as varchar(32)) as return_number,
    cast(order_item_id as bigint) as order_item_id,
    cast(customer_id as bigint) as customer_id,
    cast(sku as varchar(64)) as sku,
    cast(quantity as integer) as quantity,
    cast(country_code as varchar(2)) as country_code,
    cast(return_reason as varchar(32)) as return_reason,
    cast(return_status as varchar(16)) as return_status,
    cast(currency_code as varchar(3)) as currency_code,
    cast(refund_amount as decimal(16, 4)) as refund_amount,
    cast(requested_at as timestamp) as requested_at,
    cast(refunded_at as timestamp) as refunded_at,
    updated_at at time zone 'UTC' as updated_at,
    _loaded_at at time zone 'UTC' as loaded_at
from {{ source('oltp', 'returns') }}
where _deleted_at is null
