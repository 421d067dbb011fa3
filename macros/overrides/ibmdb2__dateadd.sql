{# dbt-db2 1.0.1 puts the date in quotes, so it adds to a literal and not to the column. Models say date_add_days(). #}
{% macro ibmdb2__dateadd(datepart, interval, from_date_or_timestamp) -%}
    {%- set part, factor = {
        'quarter': ('month', 3), 'week': ('day', 7), 'millisecond': ('microsecond', 1000)
    }.get(datepart, (datepart, 1)) -%}
    ({{ from_date_or_timestamp }} + (({{ interval }}) * {{ factor }}) {{ part }}s)
{%- endmacro %}
