{# CTEs that end in `products_typed`: what a document of the catalogue says of its product, added to the columns
   of `products`, a CTE over a raw table with `_id` and `document`. #}
{% macro product_ctes(products) -%}
products_split as (
    select
        {{ products }}.*,
        {{ extended_json_texts("document -> 'category'") }} as categories,
        {{ extended_json_texts("document -> 'tags'") }} as tag_list,
        -- Texts and numbers however deep; the inner text of a wrapped one too.
        array(
            select found.value #>> '{}'
            from jsonb_path_query(
                document -> 'attributes',
                'strict $.** ? (@.type() == "string" || @.type() == "number")'
            ) with ordinality as found (value, position)
            order by found.position
        ) as attribute_values
    from {{ products }}
),

products_typed as (
    select
        products_split.*,
        cast(_id as varchar(64)) as sku,
        cast(document ->> 'name' as varchar(500)) as product_name,
        cast(document ->> 'brand' as varchar(200)) as brand,
        cast(document ->> 'type' as varchar(100)) as product_type,
        cast(
            nullif(array_to_string(categories[1:4], ' > '), '') as varchar(500)
        ) as category_path,
        cast(categories[1] as varchar(120)) as category_level_1,
        cast(categories[2] as varchar(120)) as category_level_2,
        cast(categories[3] as varchar(120)) as category_level_3,
        cast(categories[4] as varchar(120)) as category_level_4,
        cast(document -> 'price' ->> 'currency' as varchar(3)) as price_currency_code,
        cast(document -> 'cost' ->> 'currency' as varchar(3)) as cost_currency_code,
        cast(document ->> 'status' as varchar(16)) as product_status,
        cast(document -> 'attributes' as varchar) as attributes,
        cast(left(array_to_string(attribute_values, ' '), 1000) as varchar(1000))
            as attribute_text,
        cast(array_to_string(tag_list, ',') as varchar(1000)) as tags,
        {{ extended_json_number("(document -> 'price' -> 'amount')", 'numeric(16,4)') }}
            as list_price_local,
        {{ extended_json_number("(document -> 'cost' -> 'amount')", 'numeric(16,4)') }}
            as unit_cost_local,
        case jsonb_typeof(document -> 'variants')
            when 'array' then jsonb_array_length(document -> 'variants')
            else 0
        end as variant_count,
        {{ extended_json_timestamp("(document -> 'created_at')") }} as created_at,
        {{ extended_json_timestamp("(document -> 'updated_at')") }} as updated_at
    from products_split
)
{%- endmacro %}
