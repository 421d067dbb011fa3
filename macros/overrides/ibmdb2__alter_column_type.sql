{# dbt-db2 1.0.1 takes dbt's four statements in one, which Db2 refuses. #}
{% macro ibmdb2__alter_column_type(relation, column_name, new_column_type) -%}
    {%- do run_query(
        'alter table ' ~ relation ~ ' alter column ' ~ column_name
        ~ ' set data type ' ~ new_column_type
    ) -%}
{%- endmacro %}
