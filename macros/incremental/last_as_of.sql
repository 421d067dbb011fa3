{# The clock of a model's last build. #}
{% macro last_as_of(model_name) -%}
    {{ watermark(model_name, 'as_of') }}
{%- endmacro %}
