{# dbt 1.11 says `where false limit 0` and gives an alias that starts with an underscore, and dbt-db2 1.0.1 leaves it
   at that: Db2 takes none of these names. #}
{% macro ibmdb2__get_empty_subquery_sql(select_sql, select_sql_header=none) -%}
    {{ select_sql_header or '' }}
    select *
    from (
        {{ select_sql }}
    ) as dbt_subquery
    where 1 = 0
{%- endmacro %}
