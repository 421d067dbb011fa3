{# The UTC day of a timestamp. #}
{% macro date_of(timestamp) -%}
    cast({{ timestamp }} as date)
{%- endmacro %}
