{# After any event of the shop: the end of what has not ended. #}
{% macro high_timestamp() -%}
    {{ timestamp_literal('9999-12-31 00:00:00') }}
{%- endmacro %}
