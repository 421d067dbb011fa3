{# The UTC day at the moment of the query, whatever the session's time zone: for views that tell of today.
   What is stored is computed as of as_of(). A unit test sets the day under `overrides: macros:`. #}
{% macro current_date_utc() -%}
    {{ return(adapter.dispatch('current_date_utc', 'softcart')()) }}
{%- endmacro %}

{% macro default__current_date_utc() -%}
    cast(now() at time zone 'UTC' as date)
{%- endmacro %}

{% macro ibmdb2__current_date_utc() -%}
    cast(current timestamp - current timezone as date)
{%- endmacro %}

{% macro spark__current_date_utc() -%}
    cast(to_utc_timestamp(current_timestamp(), current_timezone()) as date)
{%- endmacro %}
