{# The texts of an array at a place of a MongoDB Extended JSON document (PostgreSQL, `json` is a jsonb
   expression), as text[]. A single text counts as an array of one, anything else as an empty one. #}
{% macro extended_json_texts(json) -%}
    array(
        select elements.element
        from jsonb_array_elements_text(
            case jsonb_typeof({{ json }})
                when 'array' then {{ json }}
                when 'string' then jsonb_build_array({{ json }})
                else cast('[]' as jsonb)
            end
        ) with ordinality as elements (element, position)
        where elements.element is not null
        order by elements.position
    )
{%- endmacro %}
