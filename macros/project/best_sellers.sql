{# The products that are offered and have been ordered, with their places: of all, and in their category. A key
   breaks ties, because engines order other texts differently. #}
{% macro best_sellers(product_performance) -%}
    select
        product_key,
        category_key,
        sku,
        row_number() over (
            partition by category_key order by order_count desc, product_key asc
        ) as category_place,
        row_number() over (order by order_count desc, product_key asc) as place
    from {{ product_performance }}
    where
        is_offered = {{ bool_true() }}
        and order_count > 0
{%- endmacro %}
