{# Before any event of the shop: where the first known version of a key takes effect. #}
{% macro low_timestamp() -%}
    {{ timestamp_literal('1900-01-01 00:00:00') }}
{%- endmacro %}
