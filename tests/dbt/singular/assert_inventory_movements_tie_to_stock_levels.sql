-- The shop's own stock count is the sum of the movements we have: a difference is a lost movement.
with both_sides as (
    select
        warehouse_id,
        sku,
        quantity_on_hand as quantity
    from {{ ref('stg_oltp__stock_levels') }}
    union all
    select
        warehouse_id,
        sku,
        -quantity as quantity
    from {{ ref('fct_inventory_movements') }}
)

select
    warehouse_id,
    sku,
    sum(quantity) as quantity_difference
from both_sides
group by warehouse_id, sku
having sum(quantity) <> 0
