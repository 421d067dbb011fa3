{% macro format_timestamp(timestamp) -%}
    {{ return(adapter.dispatch('format_timestamp', 'softcart')(timestamp)) }}
{%- endmacro %}

{% macro default__format_timestamp(timestamp) -%}
    to_char({{ timestamp }}, 'YYYY-MM-DD HH24:MI:SS.US')
{%- endmacro %}

{% macro ibmdb2__format_timestamp(timestamp) -%}
    varchar_format({{ timestamp }}, 'YYYY-MM-DD HH24:MI:SS.NNNNNN')
{%- endmacro %}

{% macro spark__format_timestamp(timestamp) -%}
    date_format({{ timestamp }}, 'yyyy-MM-dd HH:mm:ss.SSSSSS')
{%- endmacro %}
