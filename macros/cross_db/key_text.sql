{# One text for several values, a different one for every different list of values: '~' and '|' inside
   a value are escaped, and null is a bare '~', which no value can be. So ('a|b', 'c'), ('a', 'b|c'),
   (null, 'a') and ('', 'a') all differ. Functions and `||` only, which every engine has. #}
{% macro key_text(expressions) -%}
    {%- for expression in expressions -%}
        coalesce(replace(replace({{ expression }}, '~', '~0'), '|', '~1'), '~')
        {%- if not loop.last %} || '|' || {% endif -%}
    {%- endfor -%}
{%- endmacro %}
