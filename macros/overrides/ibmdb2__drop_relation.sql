{# dbt-db2 1.0.1 commits when it has dropped something, and with it whatever else the transaction had begun; and it
   says `drop materialized_view` of a summary table. Here the transaction of the model at work goes on. #}
{% macro ibmdb2__drop_relation(relation) -%}
    {%- call statement('drop_relation') -%}
        drop {{ 'view' if relation.is_view else 'table' }} {{ relation }}
    {%- endcall -%}
{%- endmacro %}
