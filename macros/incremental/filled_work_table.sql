{# Statements that make the table `name` of the schema `incremental` anew from `query`: an ordinary table, analyzed, so
   that what joins it is planned with the true number of rows. #}
{% macro filled_work_table(name, query) -%}
    {{ return(adapter.dispatch('filled_work_table', 'softcart')(name, query)) }}
{%- endmacro %}

{% macro default__filled_work_table(name, query) -%}
    {{ return([
        'drop table if exists ' ~ incremental_table(name),
        'create table ' ~ incremental_table(name) ~ ' as ' ~ query,
    ]) }}
{%- endmacro %}

{% macro ibmdb2__filled_work_table(name, query) -%}
    {%- set statements = work_table(incremental_table(name), query) -%}
    {%- if adapter.get_relation(target.database, 'incremental', name) -%}
        {%- do statements.insert(0, 'drop table ' ~ incremental_table(name)) -%}
    {%- endif -%}
    {%- do statements.append('insert into ' ~ incremental_table(name) ~ ' ' ~ query) -%}
    {{ return(statements) }}
{%- endmacro %}

{% macro postgres__filled_work_table(name, query) -%}
    {{ return([
        'set local client_min_messages = warning',
        'drop table if exists ' ~ incremental_table(name),
        'create unlogged table ' ~ incremental_table(name) ~ ' as ' ~ query,
    ] + statistics(incremental_table(name))) }}
{%- endmacro %}
