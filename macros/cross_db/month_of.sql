{% macro month_of(date) -%}
    {{ return(adapter.dispatch('month_of', 'softcart')(date)) }}
{%- endmacro %}

{% macro default__month_of(date) -%}
    cast(extract(month from {{ date }}) as integer)
{%- endmacro %}

{% macro ibmdb2__month_of(date) -%}
    month({{ date }})
{%- endmacro %}

{% macro spark__month_of(date) -%}
    month({{ date }})
{%- endmacro %}
