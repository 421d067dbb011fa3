{# The moment of the query in UTC, whatever the session's time zone: for views that tell how old things are.
   What is stored is computed as of as_of(). A unit test sets the moment under `overrides: macros:`. #}
{% macro current_timestamp_utc() -%}
    {{ return(adapter.dispatch('current_timestamp_utc', 'softcart')()) }}
{%- endmacro %}

{% macro default__current_timestamp_utc() -%}
    (now() at time zone 'UTC')
{%- endmacro %}

{% macro ibmdb2__current_timestamp_utc() -%}
    (current timestamp - current timezone)
{%- endmacro %}

{% macro spark__current_timestamp_utc() -%}
    to_utc_timestamp(current_timestamp(), current_timezone())
{%- endmacro %}
