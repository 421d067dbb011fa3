{# Of a row of int_inventory_periods, how many of its days from `first_day` to `last_day`, dates that it has days
   between, had nothing to sell: they closed at zero or below and sold nothing. The day that sells the last unit
   still had it. #}
{% macro stock_out_days(first_day, last_day) -%}
    case
        when closing_quantity > 0 then 0
        else {{ stock_days(first_day, last_day) }}
            - case when sale_quantity <> 0 and first_date >= {{ first_day }} then 1 else 0 end
    end
{%- endmacro %}
