{# `text` is 'YYYY-MM-DD', a Jinja string. #}
{% macro date_literal(text) -%}
    cast('{{ text }}' as date)
{%- endmacro %}
