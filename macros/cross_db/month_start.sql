{% macro month_start(date) -%}
    {{ return(adapter.dispatch('month_start', 'softcart')(date)) }}
{%- endmacro %}

{% macro default__month_start(date) -%}
    cast(date_trunc('month', cast({{ date }} as timestamp)) as date)
{%- endmacro %}

{% macro ibmdb2__month_start(date) -%}
    ({{ date }} - (day({{ date }}) - 1) days)
{%- endmacro %}

{% macro spark__month_start(date) -%}
    trunc({{ date }}, 'MM')
{%- endmacro %}
