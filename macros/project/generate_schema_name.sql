{# A folder's schema is used as it is named: staging, marts, ... and not <target>_marts, because people and BI tools read it. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
