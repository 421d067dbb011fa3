{# A touch's part of `whole`: its share by the rule, and for the order's last touch what the others leave, so that
   rounding loses nothing. #}
{% macro rest_to_last(share, whole) -%}
    case
        when touch_number < touch_count then {{ share }}
        else
            {{ whole }} - sum(case when touch_number < touch_count then {{ share }} else 0 end)
            over (partition by order_id)
    end
{%- endmacro %}
