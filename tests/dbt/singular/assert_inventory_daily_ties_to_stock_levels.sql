{%- set built = [
    'fct_inventory_movements', 'int_inventory_periods', 'fct_inventory_daily'
] -%}

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
-- What the shop has counted anew since the build waits for the next.
where
    not exists (
        select 1
        from {{ ref('stg_oltp__stock_levels') }} as moved
        where
            both_sides.warehouse_id = moved.warehouse_id
            and both_sides.sku = moved.sku
            and moved.loaded_at > {{ all_loaded_through(built) }}
    )
group by warehouse_id, sku
having sum(quantity) <> 0
