{% macro quarter_of(date) -%}
    {{ return(adapter.dispatch('quarter_of', 'softcart')(date)) }}
{%- endmacro %}

{% macro default__quarter_of(date) -%}
    cast(extract(quarter from {{ date }}) as integer)
{%- endmacro %}

{% macro ibmdb2__quarter_of(date) -%}
    quarter({{ date }})
{%- endmacro %}

{% macro spark__quarter_of(date) -%}
    quarter({{ date }})
{%- endmacro %}
