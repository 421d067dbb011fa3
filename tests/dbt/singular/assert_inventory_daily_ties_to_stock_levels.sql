-- The last day's closing stock is what the shop counts now.
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
        -closing_quantity as quantity
    from {{ ref('fct_inventory_daily') }}
    where is_latest_day = {{ bool_true() }}
)

select
    warehouse_id,
    sku,
    sum(quantity) as quantity_difference
from both_sides
group by warehouse_id, sku
having sum(quantity) <> 0
