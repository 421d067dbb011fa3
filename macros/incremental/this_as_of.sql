{# The clock of the build at work. Views say this and not as_of(), which would stay what it was when the
   view was made. #}
{% macro this_as_of(model_name) -%}
    {{ watermark(model_name, 'next_as_of') }}
{%- endmacro %}
