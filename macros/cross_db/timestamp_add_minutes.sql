{# A timestamp and a whole number of minutes, negative or not; the result is a timestamp. #}
{% macro timestamp_add_minutes(timestamp, minutes) -%}
    {{ return(adapter.dispatch('timestamp_add_minutes', 'softcart')(timestamp, minutes)) }}
{%- endmacro %}

{% macro default__timestamp_add_minutes(timestamp, minutes) -%}
    ({{ timestamp }} + cast({{ minutes }} as integer) * interval '1 minute')
{%- endmacro %}

{% macro ibmdb2__timestamp_add_minutes(timestamp, minutes) -%}
    ({{ timestamp }} + ({{ minutes }}) minutes)
{%- endmacro %}

{% macro spark__timestamp_add_minutes(timestamp, minutes) -%}
    ({{ timestamp }} + make_dt_interval(0, 0, cast({{ minutes }} as int)))
{%- endmacro %}
