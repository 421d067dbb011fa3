with stg_catalog__product_attributes as (
    select * from {{ ref('stg_catalog__product_attributes') }}
),

dim_products as (
    select * from {{ ref('dim_products') }}
    where is_current = {{ bool_true() }}
),

final as (
    select
        {{ surrogate_key([
            'stg_catalog__product_attributes.sku',
            'stg_catalog__product_attributes.attribute_path',
            'cast(stg_catalog__product_attributes.value_number as varchar(11))',
        ]) }} as product_attribute_key,
        dim_products.product_key,
        stg_catalog__product_attributes.sku,
        stg_catalog__product_attributes.attribute_path,
        stg_catalog__product_attributes.attribute_value,
        stg_catalog__product_attributes.value_number,
        stg_catalog__product_attributes.attribute_number
    from stg_catalog__product_attributes
    inner join dim_products
        on stg_catalog__product_attributes.sku = dim_products.sku
)

select * from final
