{% macro iso_week_of(date) -%}
    {{ return(adapter.dispatch('iso_week_of', 'softcart')(date)) }}
{%- endmacro %}

{% macro default__iso_week_of(date) -%}
    cast(extract(week from {{ date }}) as integer)
{%- endmacro %}

{% macro ibmdb2__iso_week_of(date) -%}
    week_iso({{ date }})
{%- endmacro %}

{% macro spark__iso_week_of(date) -%}
    weekofyear({{ date }})
{%- endmacro %}
