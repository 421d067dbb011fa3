{# dbt-db2 1.0.1 does not see summary tables (type S), so it would try to make a table of the same name. #}
{% macro ibmdb2__list_relations_without_caching(schema_relation) -%}
    {%- call statement('list_relations_without_caching', fetch_result=True) -%}
        select
            '{{ schema_relation.database }}' as "database",
            trim(tabname) as "name",
            trim(tabschema) as "schema",
            case type when 'V' then 'view' when 'S' then 'materialized_view' else 'table' end as "type"
        from syscat.tables
        where tabschema = '{{ schema_relation.schema | upper }}' and type in ('T', 'V', 'S')
        with ur
    {%- endcall -%}
    {{ return(load_result('list_relations_without_caching').table) }}
{%- endmacro %}
