select
    cast(payment_id as bigint) as payment_id,
    cast(order_id as bigint) as order_id,
    cast(return_id as bigint) as return_id,
    cast(payment_type as varchar(16)) as payment_type,
    cast(provider as varchar(32)) as provider,
    cast(payment_status as varchar(16)) as payment_status,
    cast(currency_code as varchar(3)) as currency_code,
    cast(amount as decimal(16, 4)) as amount,
    cast(note as varchar(200)) as note,
    cast(paid_at as timestamp) as paid_at,
    updated_at at time zone 'UTC' as updated_at,
    _loaded_at at time zone 'UTC' as loaded_at
from {{ source('oltp', 'payments') }}
where _deleted_at is null
