{# A part of a whole to eight decimals; NULL where the whole is zero. Both are amounts or counts: brought to one type
   first, because Db2 takes the decimals of a quotient from the sizes of its operands, and of sums it leaves one. #}
{% macro rate_of(part, whole) -%}
    cast(
        round(
            1.0 * cast({{ part }} as {{ type_money() }})
            / nullif(cast({{ whole }} as {{ type_money() }}), 0),
            8
        ) as {{ type_rate() }}
    )
{%- endmacro %}
