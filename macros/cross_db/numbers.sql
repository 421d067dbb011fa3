{# A CTE's body: `ordinal`, the integers 0 to count - 1. One cross join of digits per decimal place, because
   Db2 has no series function. `count` is a Jinja number. #}
{% macro numbers(count) -%}
    {%- set places = (count - 1) | string | length -%}
    select ordinal
    from (
        select
            {% for place in range(places) -%}
                {{ ' + ' if not loop.first }}place_{{ place }}.digit * {{ 10 ** place }}
            {%- endfor %} as ordinal
        from
            {% for place in range(places) -%}
                {{ 'cross join ' if not loop.first }}({{ digits() }}) as place_{{ place }}
            {% endfor %}
    ) as ordinals
    where ordinal < {{ count }}
{%- endmacro %}
