{# A CTE's body: of which product, and for sales from when until when, another version or another cost may hold
   now than before; from `changes`, a CTE of changes_in('dim_products', ...).

   A new version ends the one before it. That one is still there, as it was, but for its end: then only the
   time between its old end and its new one counts. #}
{% macro changed_product_spans(changes) -%}
    select
        sku,
        case
            when min(effective_to) < max(effective_to) then min(effective_to)
            else min(effective_from)
        end as changed_from,
        max(effective_to) as changed_to
    from {{ changes }}
    group by
        build,
        sku,
        product_key,
        category_key,
        cost_currency_code,
        unit_cost_local,
        effective_from
{%- endmacro %}
