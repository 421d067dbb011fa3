with products as (
    select * from {{ source('catalog', 'products') }}
    where _deleted_at is null
),

{{ product_ctes('products') }},

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
        attribute_text,
        tags,
        list_price_local,
        unit_cost_local,
        variant_count,
        created_at,
        updated_at,
        _loaded_at at time zone 'UTC' as loaded_at
    from products_typed
)

select * from final
