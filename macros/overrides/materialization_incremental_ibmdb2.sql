{# An incremental model on Db2, in one transaction with the work of the hooks (docs/increments.md). dbt-db2 1.0.1
   commits in between wherever it drops something; and it widens columns of the table to those of the query, which
   a contract forbids. #}
{% materialization incremental, adapter='ibmdb2' %}
    {%- set stood = load_cached_relation(this) -%}
    {%- set table = as_catalogued(this, 'table') -%}

    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- if stood is none or stood.is_view or should_full_refresh() -%}
        {%- do make_table_anew(table, sql) -%}
        {%- do persist_docs(table, model) -%}
    {%- else -%}
        {%- set computed = make_temp_relation(table) -%}
        {%- do drop_relation_if_exists(load_cached_relation(computed)) -%}
        {%- do run_query(get_create_table_as_sql(True, computed, sql)) -%}
        {%- set columns = process_schema_changes(
            incremental_validate_on_schema_change(config.get('on_schema_change'), default='ignore'),
            computed,
            stood,
        ) -%}
        {%- set write = adapter.get_incremental_strategy_macro(
            context, config.get('incremental_strategy') or 'default'
        ) -%}
        {%- call statement('main') -%}
            {{ write({
                'target_relation': table,
                'temp_relation': computed,
                'unique_key': config.get('unique_key'),
                'dest_columns': columns or adapter.get_columns_in_relation(stood),
                'incremental_predicates': config.get('incremental_predicates'),
            }) }}
        {%- endcall -%}
        {%- do adapter.drop_relation(computed) -%}
    {%- endif -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do adapter.commit() -%}
    {{ return({'relations': [table]}) }}
{% endmaterialization %}
