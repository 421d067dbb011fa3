with base_oltp__customers as (
    select * from {{ ref('base_oltp__customers') }}
),

final as (
    select
        customer_id,
        email,
        first_name,
        last_name,
        phone,
        birth_date,
        street_address,
        city,
        postal_code,
        country_code,
        customer_status,
        has_marketing_consent,
        registered_at,
        updated_at,
        loaded_at
    from base_oltp__customers
    where deleted_at is null
)

select * from final
