{% macro format_date(date) -%}
    {{ return(adapter.dispatch('format_date', 'softcart')(date)) }}
{%- endmacro %}

{% macro default__format_date(date) -%}
    to_char({{ date }}, 'YYYY-MM-DD')
{%- endmacro %}

{% macro ibmdb2__format_date(date) -%}
    varchar_format({{ date }}, 'YYYY-MM-DD')
{%- endmacro %}

{% macro spark__format_date(date) -%}
    date_format({{ date }}, 'yyyy-MM-dd')
{%- endmacro %}
