with snap_oltp__warehouses as (
    select * from {{ ref('snap_oltp__warehouses') }}
),

-- Deleted warehouses stay: shipments and stock movements still name them.
final as (
    select
        warehouse_id,
        warehouse_code,
        warehouse_name,
        city,
        country_code,
        is_active,
        case when deleted_at is null then {{ bool_false() }} else {{ bool_true() }} end
            as is_deleted,
        opened_on as opened_date
    from snap_oltp__warehouses
    where dbt_valid_to is null
)

select * from final
