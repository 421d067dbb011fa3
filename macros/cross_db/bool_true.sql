{% macro bool_true() -%}
    {{ return(adapter.dispatch('bool_true', 'softcart')()) }}
{%- endmacro %}

{% macro default__bool_true() -%}
    true
{%- endmacro %}

{% macro ibmdb2__bool_true() -%}
    cast(1 as boolean)
{%- endmacro %}
