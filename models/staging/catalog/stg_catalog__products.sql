with base_catalog__products as (
    select * from {{ ref('base_catalog__products') }}
),

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
        attributes,
        tags,
        list_price_local,
        unit_cost_local,
        variant_count,
        created_at,
        updated_at,
        loaded_at
    from base_catalog__products
    where deleted_at is null
)

select * from final
