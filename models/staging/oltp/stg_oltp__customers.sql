select
    cast(customer_id as bigint) as customer_id,
    cast(email as varchar(254)) as email,
    {{ pseudonym('email') }} as email_key,
    cast(first_name as varchar(100)) as first_name,
    cast(last_name as varchar(100)) as last_name,
    cast(phone as varchar(32)) as phone,
    {{ pseudonym(plain_phone('phone')) }} as phone_key,
    {{ pseudonym(plain_phone('phone') ~ " || '|' || nullif(trim(first_name), '')") }}
        as phone_name_key,
    cast(birth_date as date) as birth_date,
    cast(street_address as varchar(200)) as street_address,
    cast(city as varchar(100)) as city,
    cast(postal_code as varchar(20)) as postal_code,
    cast(country_code as varchar(2)) as country_code,
    cast(customer_status as varchar(16)) as customer_status,
    has_marketing_consent <> 0 as has_marketing_consent,
    cast(registered_at as timestamp) as registered_at,
    updated_at at time zone 'UTC' as updated_at,
    _loaded_at at time zone 'UTC' as loaded_at
from {{ source('oltp', 'customers') }}
where _deleted_at is null
