select
    cast(identity_id as bigint) as identity_id,
    cast(channel as varchar(16)) as channel,
    cast(external_reference as varchar(254)) as external_reference,
    {{ pseudonym('external_reference') }} as identity_key,
    {{ pseudonym("case when external_reference like '%@%' then external_reference end") }}
        as email_key,
    cast(customer_id as bigint) as customer_id,
    cast(created_at as timestamp) as created_at,
    updated_at at time zone 'UTC' as updated_at,
    _loaded_at at time zone 'UTC' as loaded_at
from {{ source('oltp', 'customer_identities') }}
where _deleted_at is null
