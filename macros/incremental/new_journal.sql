{# The statements, none or one, that make the journal of the model at work if there is none: the columns that it
   publishes, and in which build they changed. #}
{% macro new_journal() -%}
    {{ return(adapter.dispatch('new_journal', 'softcart')()) }}
{%- endmacro %}

{% macro default__new_journal() -%}
    {{ return([
        'create table if not exists ' ~ incremental_table('changes_in_' ~ model.name)
        ~ ' as ' ~ no_changes()
    ]) }}
{%- endmacro %}

{% macro ibmdb2__new_journal() -%}
    {%- set name = 'changes_in_' ~ model.name -%}
    {%- if adapter.get_relation(target.database, 'incremental', name) -%}
        {{ return([]) }}
    {%- endif -%}
    {{ return(work_table(incremental_table(name), no_changes())) }}
{%- endmacro %}

{% macro no_changes() -%}
    select
        {{ model.config.meta.publishes | join(', ') }},
        cast(0 as {{ dbt.type_int() }}) as row_sign,
        cast(0 as {{ dbt.type_bigint() }}) as build
    from {{ this }}
    where 1 = 0
{%- endmacro %}
