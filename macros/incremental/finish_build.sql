{# Post-hook of incremental models, in the transaction that wrote the rows: what the build noted is now how far
   the model is. #}
{% macro finish_build() -%}
    {%- if execute and model.config.materialized == 'incremental' -%}
        {%- if model.config.meta.get('publishes') and not is_incremental() -%}
            {%- do run_statements(new_journal() + journal_columns()) -%}
        {%- endif -%}
        update {{ incremental_table('watermarks') }}
        set
            build = next_build,
            rebuilt = next_rebuilt,
            through = next_through,
            as_of = next_as_of,
            made_by = next_made_by
        where model = '{{ model.name }}'
    {%- endif -%}
{%- endmacro %}

{# Statements that give the journal of the model at work the columns that it lacks: its model may have come to
   publish more. What is no longer published stays, and is null from now on. Replaced, the journal would take the
   views that read it with it. #}
{% macro journal_columns() -%}
    {%- set journal = adapter.get_relation(
        this.database, 'incremental', 'changes_in_' ~ model.name
    ) -%}
    {%- set statements = [] -%}
    {%- if journal -%}
        {%- set had = get_columns_in_relation(journal) | map(attribute='name') | map('lower') | list -%}
        {%- set types = {'row_sign': dbt.type_int()} -%}
        {%- for column in get_columns_in_relation(this) -%}
            {%- do types.update({column.name | lower: column.data_type}) -%}
        {%- endfor -%}
        {%- for name in model.config.meta.publishes + ['row_sign'] if name not in had -%}
            {%- do statements.append(
                'alter table ' ~ incremental_table('changes_in_' ~ model.name)
                ~ ' add column ' ~ name ~ ' ' ~ types[name]
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(statements) }}
{%- endmacro %}
