{# Incremental strategy `changed_keys`: of the rows with staged keys, or of all when none are staged, removes
   those that are gone or differ and adds those that are new, so a row that came out as it was is not written. The
   columns that `meta.publishes` names go to the model's journal, with the old and the new values of each row that
   is written. #}
{% macro get_incremental_changed_keys_sql(arguments) -%}
    {%- set target_relation = arguments.target_relation -%}
    {%- set computed = arguments.temp_relation -%}
    {%- set key = [arguments.unique_key] if arguments.unique_key is string else arguments.unique_key -%}
    {%- set columns = arguments.dest_columns | map(attribute='name') | join(', ') -%}
    {%- set old_rows -%}
        select {{ columns }}
        from {{ target_relation }} as stood
        {%- if builds_on_changes() %}
        where exists (
            select 1
            from {{ staged_keys() }} as staged
            where {{ same_values('staged', 'stood', model.config.meta.get('recomputed_by', key)) }}
        )
        {%- endif %}
    {%- endset -%}
    {#- In the types of the model's table: else an amount with one more digit would differ for ever. -#}
    {%- set new_rows -%}
        select
            {%- for column in arguments.dest_columns %}
            cast({{ column.name }} as {{ column.data_type }}) as {{ column.name }}
            {{- ',' if not loop.last }}
            {%- endfor %}
        from {{ computed }}
    {%- endset -%}
    {%- set removed -%}
        delete from {{ target_relation }} as stood_before
        where exists (
            select 1
            from ({{ old_rows }} except {{ new_rows }}) as removed
            where {{ same_values('removed', 'stood_before', key) }}
        )
    {%- endset -%}
    {%- set added -%}
        insert into {{ target_relation }} ({{ columns }})
        select {{ columns }}
        from {{ computed }} as new_row
        where not exists (
            select 1
            from {{ target_relation }} as kept
            where {{ same_values('kept', 'new_row', key) }}
        )
    {%- endset -%}
    {%- set statements = journal_statements(old_rows, new_rows) -%}
    {%- do statements.append(removed) -%}
    {%- do run_statements(statements) -%}
    {{ return(added) }}
{%- endmacro %}

{% macro same_values(left, right, columns) -%}
    {%- for column in columns -%}
        {{ left }}.{{ column }} = {{ right }}.{{ column }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{# What takes the changed values into the model's journal, and out of it those that every model has read. #}
{% macro journal_statements(old_rows, new_rows) -%}
    {%- if not model.config.meta.get('publishes') -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set journal = incremental_table('changes_in_' ~ model.name) -%}
    {%- set columns = model.config.meta.publishes | join(', ') -%}
    {%- set readers = graph.nodes.values()
        | selectattr('config.materialized', 'equalto', 'incremental') | map(attribute='name') -%}
    {%- set published -%}
        insert into {{ journal }} ({{ columns }}, row_sign, build)
        select
            {{ columns }},
            row_sign,
            (
                select next_build
                from {{ incremental_table('watermarks') }}
                where model = '{{ model.name }}'
            ) as build
        from (
            select {{ columns }}, -1 as row_sign from ({{ old_rows }} except {{ new_rows }}) as removed
            union all
            select {{ columns }}, 1 as row_sign from ({{ new_rows }} except {{ old_rows }}) as added
        ) as written
    {%- endset -%}
    {%- set pruned -%}
        delete from {{ journal }}
        where build <= (
            select min(build)
            from {{ incremental_table('watermarks') }}
            where model in ('{{ readers | join("', '") }}')
        )
    {%- endset -%}
    {{ return(new_journal() + [published, pruned] + statistics(journal)) }}
{%- endmacro %}
