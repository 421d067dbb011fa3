with product_performance as (
    select * from {{ ref('product_performance') }}
    where is_offered = {{ bool_true() }}
),

stg_catalog__products as (
    select * from {{ ref('stg_catalog__products') }}
),

final as (
    select
        product_performance.product_key,
        product_performance.sku,
        product_performance.product_name,
        stg_catalog__products.brand,
        product_performance.category_path,
        cast(
            product_performance.product_name
            || ' ' || product_performance.sku
            || coalesce(' ' || stg_catalog__products.brand, '')
            || coalesce(' ' || stg_catalog__products.category_path, '')
            || coalesce(' ' || stg_catalog__products.product_type, '')
            || coalesce(' ' || stg_catalog__products.attribute_text, '')
            || coalesce(' ' || replace(stg_catalog__products.tags, ',', ' '), '')
            as {{ type_varchar(3500) }}
        ) as search_document,
        product_performance.order_count
    from product_performance
    inner join stg_catalog__products
        on product_performance.sku = stg_catalog__products.sku
)

select * from final
