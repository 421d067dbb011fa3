{# on-run-start: takes back what Db2's optimizer may believe of the tables that this run builds or tests: their
   informational keys, and the summary tables over them. A key that does not hold while a table is written, or that
   its test finds broken, would give wrong answers; and Db2 renames no table that has one. What holds is declared
   again at the end (declare_keys, refresh_summaries). Only Db2 has any. #}
{% macro withdraw_keys() -%}
    {%- if is_run() -%}
        {{ return(adapter.dispatch('withdraw_keys', 'softcart')()) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__withdraw_keys() -%}
{%- endmacro %}

{% macro ibmdb2__withdraw_keys() -%}
    {%- set tables = stored_tables(selected_resources) -%}
    {%- set statements = [] -%}
    {%- for summary in summary_tables() if summary.reads | select('in', tables) | list -%}
        {%- if adapter.get_relation(target.database, 'marts', summary.name) -%}
            {%- do statements.append('drop table marts.' ~ summary.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {#- Foreign keys first: a primary key that one refers to cannot go. -#}
    {%- for key in informational_keys() if key.table in tables or key.parent in tables -%}
        {%- do statements.append('alter table ' ~ key.table ~ ' drop constraint ' ~ key.name) -%}
    {%- endfor -%}
    {%- do commit_statements(statements) -%}
{%- endmacro %}

{# The names, as `schema.table` in lower case, of the tables among nodes, and of those that tests among them read. #}
{% macro stored_tables(node_ids) -%}
    {%- set tables = [] -%}
    {%- for node_id in node_ids if node_id in graph.nodes -%}
        {%- set node = graph.nodes[node_id] -%}
        {%- if node.resource_type == 'test' -%}
            {%- do tables.extend(stored_tables(node.depends_on.nodes | select('ne', node_id))) -%}
        {%- elif node.resource_type == 'model' and node.config.materialized in ('table', 'incremental') -%}
            {%- do tables.append(node.relation_name | lower) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(tables | unique | list) }}
{%- endmacro %}

{# The informational keys that Db2 has, foreign keys first: name, table, and the parent of a foreign key. #}
{% macro informational_keys() -%}
    {%- set query -%}
        select
            lower(trim(keys.constname)) as constname,
            lower(trim(keys.tabschema) || '.' || trim(keys.tabname)) as tabname,
            lower(trim(parents.reftabschema) || '.' || trim(parents.reftabname)) as parent
        from syscat.tabconst as keys
        left join syscat.references as parents
            on
                keys.constname = parents.constname
                and keys.tabschema = parents.tabschema
                and keys.tabname = parents.tabname
        where keys.type in ('F', 'P', 'U') and keys.enforced = 'N'
        order by keys.type
    {%- endset -%}
    {%- set keys = [] -%}
    {%- for row in run_query(query).rows -%}
        {%- do keys.append({'name': row[0], 'table': row[1], 'parent': row[2]}) -%}
    {%- endfor -%}
    {{ return(keys) }}
{%- endmacro %}
