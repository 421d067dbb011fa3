{# A date and a whole number, negative or not; the result is a date. #}
{% macro date_add_days(date, days) -%}
    {{ return(adapter.dispatch('date_add_days', 'softcart')(date, days)) }}
{%- endmacro %}

{% macro default__date_add_days(date, days) -%}
    ({{ date }} + cast({{ days }} as integer))
{%- endmacro %}

{% macro ibmdb2__date_add_days(date, days) -%}
    ({{ date }} + ({{ days }}) days)
{%- endmacro %}

{% macro spark__date_add_days(date, days) -%}
    date_add({{ date }}, cast({{ days }} as int))
{%- endmacro %}
