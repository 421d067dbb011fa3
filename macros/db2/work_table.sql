{# Statements that make an empty table with the columns of `query`, for the changing few rows of a build: by rows
   whatever the server's default is, and volatile, so that Db2 plans by what is there and not by statistics. #}
{% macro work_table(name, query) -%}
    {{ return([
        'create table ' ~ name ~ ' as (' ~ query ~ ') with no data organize by row',
        'alter table ' ~ name ~ ' volatile cardinality',
    ]) }}
{%- endmacro %}
