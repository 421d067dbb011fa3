{# Up to here a model had seen all that was loaded when it was last built. #}
{% macro loaded_through(model_name) -%}
    {{ watermark(model_name, 'through') }}
{%- endmacro %}
