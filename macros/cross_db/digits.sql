{% macro digits() -%}
    {%- for digit in range(10) -%}
        select {{ digit }} as digit {{ dual_from() }}
        {%- if not loop.last %} union all {% endif -%}
    {%- endfor -%}
{%- endmacro %}
