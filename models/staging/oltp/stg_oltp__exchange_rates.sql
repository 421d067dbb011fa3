select
    cast(rate_date as date) as rate_date,
    cast(currency_code as varchar(3)) as currency_code,
    cast(units_per_euro as decimal(18, 8)) as units_per_euro,
    updated_at at time zone 'UTC' as updated_at,
    _loaded_at at time zone 'UTC' as loaded_at
from {{ source('oltp', 'exchange_rates') }}
where _deleted_at is null
