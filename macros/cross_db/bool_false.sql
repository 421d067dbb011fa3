{% macro bool_false() -%}
    {{ return(adapter.dispatch('bool_false', 'softcart')()) }}
{%- endmacro %}

{% macro default__bool_false() -%}
    false
{%- endmacro %}

{% macro ibmdb2__bool_false() -%}
    cast(0 as boolean)
{%- endmacro %}
