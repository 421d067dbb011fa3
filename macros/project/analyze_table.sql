{# A table's statistics, right after it is filled: what is built next is planned with true row counts. #}
{% macro analyze_table() -%}
    {%- if execute and model.config.materialized in ('table', 'incremental', 'snapshot') -%}
        {{ return(adapter.dispatch('analyze_table', 'softcart')()) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__analyze_table() -%}
{%- endmacro %}

{% macro postgres__analyze_table() -%}
    analyze {{ this }}
{%- endmacro %}
