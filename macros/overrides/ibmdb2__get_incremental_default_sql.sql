{# dbt-db2 1.0.1 appends where no strategy is named, though there is a unique key: each run would double its rows. #}
{% macro ibmdb2__get_incremental_default_sql(arguments) -%}
    {%- if arguments.unique_key -%}
        {{ return(get_incremental_merge_sql(arguments)) }}
    {%- else -%}
        {{ return(get_incremental_append_sql(arguments)) }}
    {%- endif -%}
{%- endmacro %}
