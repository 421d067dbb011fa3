{# The one clock of the models: the variable `as_of`, else the start of the run, in UTC to the second. #}
{% macro as_of() -%}
    {{ timestamp_literal(as_of_text()) }}
{%- endmacro %}
