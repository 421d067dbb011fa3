{# The key of the unknown member of a dimension: no digest is all zeros. #}
{% macro unknown_key() -%}
    cast('00000000000000000000000000000000' as {{ softcart.type_key() }})
{%- endmacro %}
