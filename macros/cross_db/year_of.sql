{% macro year_of(date) -%}
    {{ return(adapter.dispatch('year_of', 'softcart')(date)) }}
{%- endmacro %}

{% macro default__year_of(date) -%}
    cast(extract(year from {{ date }}) as integer)
{%- endmacro %}

{% macro ibmdb2__year_of(date) -%}
    year({{ date }})
{%- endmacro %}

{% macro spark__year_of(date) -%}
    year({{ date }})
{%- endmacro %}
