with base_oltp__customers as (
    select * from {{ ref('base_oltp__customers') }}
),

-- Without the personal columns: history is kept of what is analysed, and a person is forgotten in
-- one place.
final as (
    select
        customer_id,
        country_code,
        customer_status,
        has_marketing_consent,
        registered_at,
        updated_at,
        loaded_at,
        deleted_at
    from base_oltp__customers
)

select * from final
