{%- set quantities -%}
    select
        warehouse_id,
        sku,
        quantity
    from {{ ref('fct_inventory_movements') }}
{%- endset -%}

-- The shop's own stock count is the sum of the movements we have: a difference is a lost movement.
{{ differences_from_stock_levels(quantities, ['fct_inventory_movements']) }}
