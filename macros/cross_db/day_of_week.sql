{# ISO: Monday is 1, Sunday is 7. #}
{% macro day_of_week(date) -%}
    {{ return(adapter.dispatch('day_of_week', 'softcart')(date)) }}
{%- endmacro %}

{% macro default__day_of_week(date) -%}
    cast(extract(isodow from {{ date }}) as integer)
{%- endmacro %}

{% macro ibmdb2__day_of_week(date) -%}
    dayofweek_iso({{ date }})
{%- endmacro %}

{% macro spark__day_of_week(date) -%}
    (weekday({{ date }}) + 1)
{%- endmacro %}
