{# Makes what incremental models keep their state in, once for a warehouse:

   watermarks   one row per incremental model: how far it is. The columns `next_...` are those of the build
                at work; `finish_build` makes them its state.
     build      number of its last build; higher than that of any build that had ended when it began
     rebuilt    number of the last build that made it from scratch
     through    up to here it has seen all that was loaded
     as_of      its clock
     made_by    digest of the SQL and the variables that make its rows

   A model's journal, `changes_in_<model>`, is made by its first build. #}
{% macro prepare_increments() -%}
    {%- if is_run() -%}
        {%- set found = adapter.get_relation(target.database, 'incremental', 'watermarks') -%}
        {%- if found is none -%}
            {%- do adapter.create_schema(
                api.Relation.create(database=target.database, schema='incremental')
            ) -%}
            {%- do commit_statements(watermark_statements()) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro watermark_statements() -%}
    {{ return(adapter.dispatch('watermark_statements', 'softcart')()) }}
{%- endmacro %}

{% macro default__watermark_statements() -%}
    {%- set table -%}
        create table {{ incremental_table('watermarks') }} (
            model varchar(128) not null,
            build bigint,
            rebuilt bigint,
            through timestamp,
            as_of timestamp,
            made_by varchar(32),
            next_build bigint,
            next_rebuilt bigint,
            next_through timestamp,
            next_as_of timestamp,
            next_made_by varchar(32)
        )
    {%- endset -%}
    {{ return([table]) }}
{%- endmacro %}

{# With an index, always used: a build that read the whole table would wait for those at work beside it. #}
{% macro ibmdb2__watermark_statements() -%}
    {%- set table = incremental_table('watermarks') -%}
    {{ return([
        default__watermark_statements()[0] ~ ' organize by row',
        'alter table ' ~ table ~ ' add primary key (model)',
        'alter table ' ~ table ~ ' volatile cardinality',
    ]) }}
{%- endmacro %}

{# A function is evaluated when a query is planned, so the planner knows how few rows are newer than the
   watermark; of a subquery it would guess that a third of the table is. #}
{% macro postgres__watermark_statements() -%}
    {%- set statements = default__watermark_statements() -%}
    {%- do statements.append(
        'alter table ' ~ incremental_table('watermarks') ~ ' add primary key (model)'
    ) -%}
    {%- for column, type in [
        ('build', 'bigint'), ('through', 'timestamp'), ('as_of', 'timestamp'), ('next_as_of', 'timestamp')
    ] -%}
        {%- set function -%}
            create function {{ incremental_table(column) }}(model_name text) returns {{ type }}
            language sql stable parallel safe
            return (
                select {{ column }} from {{ incremental_table('watermarks') }}
                where watermarks.model = model_name
            )
        {%- endset -%}
        {%- do statements.append(function) -%}
    {%- endfor -%}
    {{ return(statements) }}
{%- endmacro %}
