{# What tests that tie a model to the shop's own stock count select: the difference of each article in a warehouse.
   `quantities` is a query for warehouse_id, sku and quantity, of the models `built`. #}
{% macro differences_from_stock_levels(quantities, built) -%}
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
    from ({{ quantities }}) as modelled
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
{%- endmacro %}
