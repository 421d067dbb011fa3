{# Two dates; the result is an integer, negative when `later` is the earlier one. #}
{% macro date_diff_days(later, earlier) -%}
    {{ return(adapter.dispatch('date_diff_days', 'softcart')(later, earlier)) }}
{%- endmacro %}

{% macro default__date_diff_days(later, earlier) -%}
    ({{ later }} - {{ earlier }})
{%- endmacro %}

{% macro ibmdb2__date_diff_days(later, earlier) -%}
    (days({{ later }}) - days({{ earlier }}))
{%- endmacro %}

{% macro spark__date_diff_days(later, earlier) -%}
    datediff({{ later }}, {{ earlier }})
{%- endmacro %}
