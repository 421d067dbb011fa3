{# dbt 1.11 fills a new snapshot with its relation's rows as they are, all of them open. Under the strategy
   `history` several may be states of one key, so each begins and ends where state_ctes says. #}
{% macro default__build_snapshot_table(strategy, sql) -%}
    {%- if strategy.name != 'history' -%}
        {{ return(dbt.default__build_snapshot_table(strategy, sql)) }}
    {%- endif -%}

with states as (
    select
        'insert' as dbt_change_type,
        source.*
    from ({{ sql }}) as source
),

{{ state_ctes('states', strategy.unique_key, strategy.check_cols) }}

select
    {{ get_columns_in_query(sql) | join(', ') }},
    dbt_scd_id,
    dbt_updated_at,
    dbt_valid_from,
    dbt_valid_to
from states_dated
{%- endmacro %}
