{# dbt-db2 1.0.1 takes dbt's `alter table` with commas between its clauses, which Db2 refuses. A table that has lost a
   column must be reorganized before it is read. #}
{% macro ibmdb2__alter_relation_add_remove_columns(relation, add_columns, remove_columns) -%}
    {%- for column in add_columns or [] -%}
        {%- do run_query(
            'alter table ' ~ relation ~ ' add column ' ~ column.name ~ ' ' ~ column.data_type
        ) -%}
    {%- endfor -%}
    {%- for column in remove_columns or [] -%}
        {%- do run_query('alter table ' ~ relation ~ ' drop column ' ~ column.name) -%}
    {%- endfor -%}
    {%- if remove_columns -%}
        {%- do run_query("call sysproc.admin_cmd('reorg table " ~ relation ~ "')") -%}
    {%- endif -%}
{%- endmacro %}
