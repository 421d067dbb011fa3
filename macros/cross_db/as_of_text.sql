{# The moment that as_of() and as_of_date() are made of: 'YYYY-MM-DD HH:MM:SS'. A variable given as a date only,
   which YAML reads as a date and not as text, is the start of that day. #}
{% macro as_of_text() -%}
    {%- set given = var('as_of') | string if var('as_of') else '' -%}
    {%- set text = given or run_started_at.strftime('%Y-%m-%d %H:%M:%S') -%}
    {{ return((text if text | length > 10 else text ~ ' 00:00:00')[:19] | replace('T', ' ')) }}
{%- endmacro %}
