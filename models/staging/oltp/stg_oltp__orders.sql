select
    cast(order_id as bigint) as order_id,
    cast(order_number as varchar(32)) as order_number,
    cast(customer_id as bigint) as customer_id,
    cast(guest_email as varchar(254)) as guest_email,
    {{ pseudonym('guest_email') }} as guest_email_key,
    cast(channel as varchar(16)) as channel,
    cast(order_status as varchar(16)) as order_status,
    cast(promotion_id as bigint) as promotion_id,
    cast(shipping_country_code as varchar(2)) as shipping_country_code,
    cast(currency_code as varchar(3)) as currency_code,
    cast(shipping_amount as decimal(16, 4)) as shipping_amount,
    cast(total_amount as decimal(16, 4)) as total_amount,
    cast(ordered_at as timestamp) as ordered_at,
    cast(cancelled_at as timestamp) as cancelled_at,
    updated_at at time zone 'UTC' as updated_at,
    _loaded_at at time zone 'UTC' as loaded_at
from {{ source('oltp', 'orders') }}
where _deleted_at is null
