{# `text` is 'YYYY-MM-DD HH:MM:SS[.ffffff]', a Jinja string. #}
{% macro timestamp_literal(text) -%}
    cast('{{ text }}' as timestamp)
{%- endmacro %}
