{# dbt-db2 1.0.1 tells a column's type without its precision, and a text's length in bytes also where the table counts
   characters. Here a type is as `create table` takes it. Names are in upper case, as Db2 has them. Uncommitted read:
   the catalogue's rows of tables that other threads are making would make it wait. #}
{% macro ibmdb2__get_columns_in_relation(relation) -%}
    {%- call statement('get_columns_in_relation', fetch_result=True) -%}
        select
            trim(colname) as "name",
            case
                when typename in ('VARCHAR', 'CHARACTER', 'CLOB') and typestringunits = 'CODEUNITS32'
                    then typename || '(' || varchar(stringunitslength) || ' CODEUNITS32)'
                when typename in ('VARCHAR', 'CHARACTER', 'CLOB', 'VARBINARY', 'BINARY', 'BLOB')
                    then typename || '(' || varchar(length) || ')'
                when typename = 'DECIMAL'
                    then typename || '(' || varchar(length) || ', ' || varchar(scale) || ')'
                when typename = 'TIMESTAMP' then typename || '(' || varchar(scale) || ')'
                else trim(typename)
            end as "type"
        from syscat.columns
        where
            tabschema = '{{ relation.schema | upper }}'
            and tabname = '{{ relation.identifier | upper }}'
            and hidden = ''
        order by colno
        with ur
    {%- endcall -%}
    {{ return(sql_convert_columns_in_relation(load_result('get_columns_in_relation').table)) }}
{%- endmacro %}
