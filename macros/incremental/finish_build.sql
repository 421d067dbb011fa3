{# Post-hook of incremental models, in the transaction that wrote the rows: what the build noted is now how far
   the model is. #}
{% macro finish_build() -%}
    {%- if execute and model.config.materialized == 'incremental' -%}
        {%- if model.config.meta.get('publishes') and not is_incremental() -%}
            {%- do drop_other_journal(model.config.meta.publishes) -%}
            {%- do run_query(new_journal()) -%}
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

{# A model that publishes other columns than it did gets a new journal when it is built from scratch. The views
   that read the old one go with it; the build that brings the new columns makes them again. #}
{% macro drop_other_journal(publishes) -%}
    {%- set journal = adapter.get_relation(
        this.database, 'incremental', 'changes_in_' ~ model.name
    ) -%}
    {%- if journal -%}
        {%- set columns = adapter.get_columns_in_relation(journal) | map(attribute='name') | list -%}
        {%- if columns != publishes + ['build'] -%}
            {%- do adapter.drop_relation(journal) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
