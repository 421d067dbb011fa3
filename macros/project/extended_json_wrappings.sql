{# What MongoDB's Extended JSON calls the one member of an object that stands for a value. #}
{% macro extended_json_wrappings() -%}
    array['$numberDecimal', '$numberLong', '$numberInt', '$numberDouble', '$date', '$oid']
{%- endmacro %}
