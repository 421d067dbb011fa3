{# Pre-hook of incremental models: notes how far the build will be, then stages the keys to compute. In that
   order: what is loaded in between is read now and read again next time, and nothing is missed.

   Keys come from the model's rule, the view that `meta.changed_keys` names. How far its input is comes from
   `meta.loaded_by`: a relation with a column `loaded_at`. #}
{% macro start_build() -%}
    {%- if model.config.materialized == 'incremental' -%}
        {%- set input = ref(model.config.meta.get('loaded_by', 'stg_ingest__tables')) -%}
        {%- set rule_name = model.config.meta.get('changed_keys') -%}
        {%- set rule = ref(rule_name) if rule_name else none -%}
        {%- if execute -%}
            {%- set next_build -%}
                (select coalesce(max(build), 0) + 1 from {{ incremental_table('watermarks') }})
            {%- endset -%}
            {%- set first -%}
                insert into {{ incremental_table('watermarks') }} (model)
                select '{{ model.name }}' {{ dual_from() }}
                where not exists (
                    select 1 from {{ incremental_table('watermarks') }} where model = '{{ model.name }}'
                )
            {%- endset -%}
            {%- set noted -%}
                update {{ incremental_table('watermarks') }}
                set
                    next_build = {{ next_build }},
                    next_rebuilt = {{ 'rebuilt' if is_incremental() else next_build }},
                    next_through = (select max(loaded_at) from {{ input }}),
                    next_as_of = {{ as_of() }},
                    next_made_by = '{{ made_by() }}'
                where model = '{{ model.name }}'
            {%- endset -%}
            {%- do run_statements([first, noted]) -%}
            {%- if builds_on_changes() -%}
                {%- do run_statements(stage_keys(rule)) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# An ordinary table, analyzed, so that what joins it is planned with the true number of keys. #}
{% macro stage_keys(rule) -%}
    {{ return(adapter.dispatch('stage_keys', 'softcart')(rule)) }}
{%- endmacro %}

{% macro default__stage_keys(rule) -%}
    {{ return([
        'drop table if exists ' ~ staged_keys(),
        'create table ' ~ staged_keys() ~ ' as select * from ' ~ rule,
    ]) }}
{%- endmacro %}

{% macro ibmdb2__stage_keys(rule) -%}
    {%- set statements = work_table(staged_keys(), 'select * from ' ~ rule) -%}
    {%- if adapter.get_relation(target.database, 'incremental', 'keys_of_' ~ model.name) -%}
        {%- do statements.insert(0, 'drop table ' ~ staged_keys()) -%}
    {%- endif -%}
    {%- do statements.append('insert into ' ~ staged_keys() ~ ' select * from ' ~ rule) -%}
    {{ return(statements) }}
{%- endmacro %}

{% macro postgres__stage_keys(rule) -%}
    {{ return([
        'set local client_min_messages = warning',
        'drop table if exists ' ~ staged_keys(),
        'create unlogged table ' ~ staged_keys() ~ ' as select * from ' ~ rule,
    ] + statistics(staged_keys())) }}
{%- endmacro %}
