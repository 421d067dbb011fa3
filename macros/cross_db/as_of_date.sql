{# The UTC day of as_of(). #}
{% macro as_of_date() -%}
    {{ date_literal(as_of_text()[:10]) }}
{%- endmacro %}
