{# A table of the schema `incremental`, where models keep how far they are (docs/increments.md). #}
{% macro incremental_table(name) -%}
    incremental.{{ name }}
{%- endmacro %}
