{# A view on Db2, in one transaction. dbt-db2 1.0.1 commits after it has dropped the view that stood; and it ignores
   contracts: here the view that was made is held against its own. #}
{% materialization view, adapter='ibmdb2' %}
    {%- set stood = load_cached_relation(this) -%}
    {%- set view = as_catalogued(this, 'view') -%}

    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- if stood and not stood.is_view -%}
        {%- do adapter.drop_relation(stood) -%}
    {%- endif -%}
    {%- call statement('main') -%}
        {{ get_create_view_as_sql(view, sql) }}
    {%- endcall -%}
    {%- if config.get('contract').enforced -%}
        {%- do assert_declared_columns(adapter.get_columns_in_relation(view)) -%}
    {%- endif -%}
    {%- do persist_docs(view, model) -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do adapter.commit() -%}
    {{ return({'relations': [view]}) }}
{% endmaterialization %}
