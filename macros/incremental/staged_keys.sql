{# The table with the keys that the build at work computes. #}
{% macro staged_keys() -%}
    {{ incremental_table('keys_of_' ~ model.name) }}
{%- endmacro %}
