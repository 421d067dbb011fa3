with base_oltp__warehouses as (
    select * from {{ ref('base_oltp__warehouses') }}
),

final as (
    select
        warehouse_id,
        warehouse_code,
        warehouse_name,
        city,
        country_code,
        is_active,
        opened_on,
        updated_at,
        loaded_at
    from base_oltp__warehouses
    where deleted_at is null
)

select * from final
