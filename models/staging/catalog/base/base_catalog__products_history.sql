with products__history as (
    select * from {{ source('catalog', 'products__history') }}
),

{{ product_ctes('products__history') }},

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
        _history_id as history_id,
        created_at,
        updated_at,
        _committed_at at time zone 'UTC' as committed_at,
        case when _change = 'd' then _committed_at at time zone 'UTC' end as deleted_at,
        _loaded_at at time zone 'UTC' as loaded_at
    from products_typed
)

select * from final
