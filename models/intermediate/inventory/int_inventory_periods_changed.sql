with movements_changed as (
    {{ changes_in('fct_inventory_movements', 'int_inventory_periods') }}
),

fct_inventory_movements as (
    select * from {{ ref('fct_inventory_movements') }}
),

dim_products as (
    {{ changes_in('dim_products', 'int_inventory_periods') }}
),

final as (
    select
        warehouse_id,
        sku
    from movements_changed
    union
    select
        fct_inventory_movements.warehouse_id,
        fct_inventory_movements.sku
    from fct_inventory_movements
    inner join dim_products
        on fct_inventory_movements.sku = dim_products.sku
)

select * from final
