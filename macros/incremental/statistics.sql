{# The statements, none or one, that bring a table's statistics up to date, where an engine plans by them. #}
{% macro statistics(table) -%}
    {{ return(adapter.dispatch('statistics', 'softcart')(table)) }}
{%- endmacro %}

{% macro default__statistics(table) -%}
    {{ return([]) }}
{%- endmacro %}

{% macro postgres__statistics(table) -%}
    {{ return(['analyze ' ~ table]) }}
{%- endmacro %}
