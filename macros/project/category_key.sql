{# Key of the category made of the first `depth` of the columns category_level_1 to category_level_4: of the
   levels, not of their joined path, because a name may hold the separator. #}
{% macro category_key(depth) -%}
    {%- set levels = [] -%}
    {%- for level in range(1, 5) -%}
        {%- do levels.append(
            'category_level_' ~ level if level <= depth else 'cast(null as varchar(1))'
        ) -%}
    {%- endfor -%}
    {{ surrogate_key(levels) }}
{%- endmacro %}
