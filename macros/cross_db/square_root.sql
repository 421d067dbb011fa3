{# The square root of a decimal that is not negative, to four decimals. By way of decimals: engines compute it as a
   float or not, and a float that is cut off loses its last digit. #}
{% macro square_root(expression) -%}
    cast(
        round(cast(sqrt(cast({{ expression }} as decimal(18, 8))) as decimal(30, 12)), 4)
        as {{ softcart.type_money() }}
    )
{%- endmacro %}
