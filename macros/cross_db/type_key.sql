{% macro type_key() -%}
    {{ return(adapter.dispatch('type_key', 'softcart')()) }}
{%- endmacro %}

{% macro default__type_key() -%}
    char(32)
{%- endmacro %}

{% macro spark__type_key() -%}
    string
{%- endmacro %}
