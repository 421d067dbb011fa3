select
    cast(promotion_id as bigint) as promotion_id,
    cast(promotion_code as varchar(32)) as promotion_code,
    cast(promotion_name as varchar(200)) as promotion_name,
    cast(promotion_type as varchar(16)) as promotion_type,
    cast(percent_off as decimal(5, 2)) as percent_off,
    cast(amount_off as decimal(16, 4)) as amount_off,
    cast(currency_code as varchar(3)) as currency_code,
    is_active <> 0 as is_active,
    cast(starts_at as timestamp) as starts_at,
    cast(ends_at as timestamp) as ends_at,
    updated_at at time zone 'UTC' as updated_at,
    _loaded_at at time zone 'UTC' as loaded_at
from {{ source('oltp', 'promotions') }}
where _deleted_at is null
