{#- The one rule of conversion: an amount times its day's rate, rounded to 4 decimals. -#}
{% macro in_reporting_currency(amount, rate) -%}
    cast(round({{ amount }} * {{ rate }}, 4) as {{ type_money() }})
{%- endmacro %}
