{%- set built = [
    'fct_inventory_movements', 'int_inventory_periods', 'fct_inventory_daily'
] -%}
{%- set quantities -%}
    select
        warehouse_id,
        sku,
        closing_quantity as quantity
    from {{ ref('fct_inventory_daily') }}
    where is_latest_day = {{ bool_true() }}
{%- endset -%}

-- The last day's closing stock is what the shop counts now.
{{ differences_from_stock_levels(quantities, built) }}
