with base_catalog__products as (
    select * from {{ ref('base_catalog__products') }}
),

-- Without the free-form columns: a new tag is not a new version of the product.
final as (
    select
        sku,
        product_name,
        brand,
        product_type,
        category_path,
        category_level_1,
        category_level_2,
        category_level_3,
        category_level_4,
        price_currency_code,
        cost_currency_code,
        product_status,
        list_price_local,
        unit_cost_local,
        created_at,
        -- A document without a time of change counts as changed when ingest saw it.
        coalesce(updated_at, loaded_at) as updated_at,
        loaded_at,
        deleted_at
    from base_catalog__products
)

select * from final
