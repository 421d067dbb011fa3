{# What a select of literals ends with: nothing, where a select needs no table. #}
{% macro dual_from() -%}
    {{ return(adapter.dispatch('dual_from', 'softcart')()) }}
{%- endmacro %}

{% macro default__dual_from() -%}

{%- endmacro %}

{% macro ibmdb2__dual_from() -%}
    from sysibm.sysdummy1
{%- endmacro %}
