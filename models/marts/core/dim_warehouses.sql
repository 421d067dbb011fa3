with snap_oltp__warehouses as (
    select * from {{ ref('snap_oltp__warehouses') }}
),

{{ version_ctes('snap_oltp__warehouses', 'warehouse_id') }},

-- Deleted warehouses stay: shipments and stock movements still name them.
final as (
    select
        warehouse_id,
        warehouse_code,
        warehouse_name,
        city,
        country_code,
        is_active,
        is_deleted,
        opened_on as opened_date
    from versions
    where is_current = {{ bool_true() }}
)

select * from final
