{# Cases of macros that only some engines have. #}
{% macro engine_cases() -%}
    {{ return(adapter.dispatch('engine_cases', 'softcart')()) }}
{%- endmacro %}

{% macro default__engine_cases() -%}
    {{ return([]) }}
{%- endmacro %}

{% macro postgres__engine_cases() -%}
    {{ return(extended_json_cases()) }}
{%- endmacro %}
