{# The one clock of the models: the variable `as_of`, else the start of the run, in UTC to the second. #}
{% macro as_of() -%}
    {{ timestamp_literal(var('as_of') or run_started_at.strftime('%Y-%m-%d %H:%M:%S')) }}
{%- endmacro %}
