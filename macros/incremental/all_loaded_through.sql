{# Up to here each of `models` had seen all that was loaded when it was last built. #}
{% macro all_loaded_through(models) -%}
    {%- set each = [] -%}
    {%- for model in models -%}
        {%- do each.append(loaded_through(model)) -%}
    {%- endfor -%}
    {{ 'least(' ~ each | join(', ') ~ ')' if each | length > 1 else each[0] }}
{%- endmacro %}
