{% macro as_of_date() -%}
    {{ date_literal((var('as_of') or run_started_at.strftime('%Y-%m-%d'))[:10]) }}
{%- endmacro %}
