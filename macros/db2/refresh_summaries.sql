{# on-run-end: makes the summary tables that are not there, refreshes those whose tables this run has written, and
   brings statistics to every table that has none: without them the optimizer would not choose a summary.

   Over column-organized tables there are no summaries: Db2 maintains none there, and scans them fast. #}
{% macro refresh_summaries(results) -%}
    {%- if is_run() -%}
        {{ return(adapter.dispatch('refresh_summaries', 'softcart')(results)) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__refresh_summaries(results) -%}
{%- endmacro %}

{% macro ibmdb2__refresh_summaries(results) -%}
    {%- set written = stored_tables(
        results | selectattr('status', 'equalto', 'success') | map(attribute='node.unique_id')
    ) -%}
    {%- set statements = [] -%}
    {%- set there = tables_there("tableorg = 'R'") -%}
    {%- for summary in summary_tables() if summary.reads | reject('in', there) | list == [] -%}
        {%- set name = 'marts.' ~ summary.name -%}
        {%- if name not in there -%}
            {%- do statements.append(
                'create table ' ~ name ~ ' as (' ~ summary.query ~ ')'
                ~ ' data initially deferred refresh deferred'
                ~ ' enable query optimization maintained by system'
            ) -%}
            {%- do statements.append(
                'comment on table ' ~ name ~ ' is ' ~ comment_literal(summary.description)
            ) -%}
            {%- do statements.append(reading_grant(name)) if reader_role() -%}
        {%- endif -%}
        {%- if name not in there or summary.reads | select('in', written) | list -%}
            {%- do statements.append('refresh table ' ~ name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do commit_statements(statements) -%}
    {%- for name in tables_there('card = -1') -%}
        {%- do commit_statements([
            "call sysproc.admin_cmd('runstats on table " ~ name | upper
            ~ " with distribution and indexes all')"
        ]) -%}
    {%- endfor -%}
{%- endmacro %}

{# The tables and summary tables of marts and intermediate models of which `condition` holds in the catalogue, as
   `schema.table` in lower case. #}
{% macro tables_there(condition) -%}
    {%- set query -%}
        select lower(trim(tabschema) || '.' || trim(tabname)) as tabname
        from syscat.tables
        where
            tabschema in ('MARTS', 'INTERMEDIATE')
            and type in ('T', 'S')
            and {{ condition }}
        order by tabschema, tabname
        with ur
    {%- endset -%}
    {{ return(run_query(query).columns[0].values() | list) }}
{%- endmacro %}
