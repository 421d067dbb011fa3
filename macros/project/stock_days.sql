{# Of a row of int_inventory_periods, how many of its days lie from `first_day` to `last_day`, dates that it has days
   between. #}
{% macro stock_days(first_day, last_day) -%}
    (
        {{ date_diff_days(
            'least(last_date, ' ~ last_day ~ ')', 'greatest(first_date, ' ~ first_day ~ ')'
        ) }} + 1
    )
{%- endmacro %}
