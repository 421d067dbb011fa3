{# The number at a place of a MongoDB Extended JSON document (PostgreSQL, `json` is a jsonb expression), as
   `type`, or null where there is none. Decimal128, int64 and some doubles come wrapped in an object, and a
   careless writer leaves a number in a string: all are read. What is no number of that type, such as NaN,
   a word or one digit too many, becomes null, so that one document cannot stop the catalogue. #}
{% macro extended_json_number(json, type) -%}
    {%- set text -%}
        coalesce(
            {{ json }} ->> '$numberDecimal',
            {{ json }} ->> '$numberLong',
            {{ json }} ->> '$numberInt',
            {{ json }} ->> '$numberDouble',
            {{ json }} #>> '{}'
        )
    {%- endset -%}
    {#- PostgreSQL forgets the precision of a branch: without the outer cast, the column has none. #}
    cast(
        case
            when {{ text }} ~ '^\s*[-+]?[0-9.]' and pg_input_is_valid({{ text }}, '{{ type }}')
                then cast({{ text }} as {{ type }})
        end as {{ type }}
    )
{%- endmacro %}
