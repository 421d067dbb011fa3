{# dbt-db2 1.0.1 says TIMESTAMPDIFF, which is an estimate: every month has 30 days, every year 365. Models say
   date_diff_days() and date_diff_seconds(); other parts count the boundaries between the two, as dbt's does. #}
{% macro ibmdb2__datediff(first_date, second_date, datepart) -%}
    {%- set years = '(year(' ~ second_date ~ ') - year(' ~ first_date ~ '))' -%}
    {%- if datepart == 'second' -%}
        {{ date_diff_seconds(second_date, first_date) }}
    {%- elif datepart == 'day' -%}
        {{ date_diff_days(second_date, first_date) }}
    {%- elif datepart == 'month' -%}
        ({{ years }} * 12 + month({{ second_date }}) - month({{ first_date }}))
    {%- elif datepart == 'quarter' -%}
        ({{ years }} * 4 + quarter({{ second_date }}) - quarter({{ first_date }}))
    {%- elif datepart == 'year' -%}
        {{ years }}
    {%- else -%}
        {%- do exceptions.raise_compiler_error('datediff in ' ~ datepart ~ 's is not known on Db2') -%}
    {%- endif -%}
{%- endmacro %}
