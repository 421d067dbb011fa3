{% macro day_of_month(date) -%}
    {{ return(adapter.dispatch('day_of_month', 'softcart')(date)) }}
{%- endmacro %}

{% macro default__day_of_month(date) -%}
    cast(extract(day from {{ date }}) as integer)
{%- endmacro %}

{% macro ibmdb2__day_of_month(date) -%}
    day({{ date }})
{%- endmacro %}

{% macro spark__day_of_month(date) -%}
    day({{ date }})
{%- endmacro %}
