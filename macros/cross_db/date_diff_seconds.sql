{# Two timestamps, each cut to its whole second first, because engines round fractions differently. #}
{% macro date_diff_seconds(later, earlier) -%}
    {{ return(adapter.dispatch('date_diff_seconds', 'softcart')(later, earlier)) }}
{%- endmacro %}

{% macro default__date_diff_seconds(later, earlier) -%}
    cast(
        extract(epoch from date_trunc('second', {{ later }}) - date_trunc('second', {{ earlier }}))
        as bigint
    )
{%- endmacro %}

{% macro ibmdb2__date_diff_seconds(later, earlier) -%}
    (
        (cast(days({{ later }}) as bigint) - days({{ earlier }})) * 86400
        + (midnight_seconds({{ later }}) - midnight_seconds({{ earlier }}))
    )
{%- endmacro %}

{% macro spark__date_diff_seconds(later, earlier) -%}
    (unix_timestamp({{ later }}) - unix_timestamp({{ earlier }}))
{%- endmacro %}
