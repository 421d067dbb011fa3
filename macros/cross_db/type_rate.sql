{% macro type_rate() -%}
    decimal(18, 8)
{%- endmacro %}
