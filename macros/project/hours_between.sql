{# Hours from one timestamp to a later one, to the hundredth; negative when `later` is the earlier one. #}
{% macro hours_between(later, earlier) -%}
    cast(
        round(cast({{ date_diff_seconds(later, earlier) }} as decimal(18, 4)) / 3600, 2)
        as decimal(18, 2)
    )
{%- endmacro %}
