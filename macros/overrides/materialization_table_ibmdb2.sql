{# A table on Db2, in one transaction: made beside the one that stands, then in its place. dbt-db2 1.0.1 commits in
   between wherever it drops something, so a run that is killed leaves tables behind, or a view that is gone. #}
{% materialization table, adapter='ibmdb2' %}
    {%- set table = as_catalogued(this, 'table') -%}

    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- do make_table_anew(table, sql) -%}
    {%- do persist_docs(table, model) -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do adapter.commit() -%}
    {{ return({'relations': [table]}) }}
{% endmaterialization %}

{# Makes the table of the model at work from scratch, with its indexes, in place of what stands under its name. What
   stands is dropped, not renamed: Db2 renames no table that a view's statistics, a key or a summary table needs,
   and an index keeps its name with its table. #}
{% macro make_table_anew(table, sql) -%}
    {%- set stood = load_cached_relation(this) -%}
    {%- set draft = make_intermediate_relation(table) -%}
    {%- do drop_relation_if_exists(load_cached_relation(draft)) -%}
    {%- call statement('main') -%}
        {{ get_create_table_as_sql(False, draft, sql) }}
    {%- endcall -%}
    {%- do drop_relation_if_exists(stood) -%}
    {#- Not by the adapter: dbt's cache would have the table before the hooks ask whether it was there. -#}
    {%- do run_query('rename table ' ~ draft ~ ' to ' ~ table.identifier) -%}
    {%- do create_indexes(table) -%}
{%- endmacro %}
