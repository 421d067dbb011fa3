with snap_catalog__products as (
    select * from {{ ref('snap_catalog__products') }}
),

final as (
    select distinct sku
    from snap_catalog__products
    where loaded_at > {{ loaded_through('dim_products') }}
)

select * from final
