{# dbt 1.11 compares each row of a snapshot's relation with the open row of its key, which is right for one row
   per key and run: of several it opens all and closes none, as tests/integration/test_snapshots.py shows.
   Under the strategy `history` the rows are states, so the new ones are put behind those that the snapshot has
   of their keys, and dbt's merge then inserts the new and ends the last of the old.

   Only states loaded since the last that the snapshot has are read, by an index of the raw history. #}
{% macro default__snapshot_staging_table(strategy, source_sql, target_relation) -%}
    {%- if strategy.name != 'history' -%}
        {{ return(dbt.default__snapshot_staging_table(strategy, source_sql, target_relation)) }}
    {%- endif -%}
    {%- set columns = get_columns_in_query(source_sql) -%}
    {%- set had = get_columns_in_relation(target_relation) | map(attribute='name') | list -%}

with states_new as (
    select *
    from ({{ source_sql }}) as source
    where loaded_at > (select coalesce(max(loaded_at), '-infinity') from {{ target_relation }})
),

states as (
    select
        case when dbt_valid_to is null then 'update' else 'keep' end as dbt_change_type
        {%- for column in columns %},
        {% if column not in had %}null as {% endif %}{{ column }}
        {%- endfor %}
    from {{ target_relation }}
    where {{ strategy.unique_key }} in (select {{ strategy.unique_key }} from states_new)
    union all
    select
        'insert' as dbt_change_type,
        {{ columns | join(', ') }}
    from states_new
),

{{ state_ctes('states', strategy.unique_key, strategy.check_cols) }}

select
    dbt_change_type,
    {{ columns | join(', ') }},
    dbt_scd_id,
    dbt_updated_at,
    dbt_valid_from,
    dbt_valid_to
from states_dated
where dbt_change_type = 'insert' or (dbt_change_type = 'update' and dbt_valid_to is not null)
{%- endmacro %}
