with stg_oltp__inventory_movements as (
    select * from {{ ref('stg_oltp__inventory_movements') }}
),

fct_inventory_movements as (
    {{ changes_in('fct_inventory_movements', 'int_inventory_periods') }}
),

dim_products as (
    {{ changes_in('dim_products', 'int_inventory_periods') }}
),

final as (
    select
        warehouse_id,
        sku
    from fct_inventory_movements
    union
    select
        stg_oltp__inventory_movements.warehouse_id,
        stg_oltp__inventory_movements.sku
    from stg_oltp__inventory_movements
    inner join dim_products
        on stg_oltp__inventory_movements.sku = dim_products.sku
)

select * from final
