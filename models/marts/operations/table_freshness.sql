{%- set lag_seconds = date_diff_seconds(current_timestamp_utc(), 'stg_ingest__tables.copied_at') -%}

with stg_ingest__tables as (
    select * from {{ ref('stg_ingest__tables') }}
),

stg_ingest__table_loads as (
    select * from {{ ref('stg_ingest__table_loads') }}
),

stg_ingest__quarantine as (
    select * from {{ ref('stg_ingest__quarantine') }}
),

last_runs as (
    select
        source_name,
        table_name,
        max(run_id) as run_id
    from stg_ingest__table_loads
    where has_failed = {{ bool_false() }}
    group by source_name, table_name
),

last_loads as (
    select
        stg_ingest__table_loads.source_name,
        stg_ingest__table_loads.table_name,
        stg_ingest__table_loads.rows_read,
        (
            stg_ingest__table_loads.rows_inserted
            + stg_ingest__table_loads.rows_updated
            + stg_ingest__table_loads.rows_deleted
        ) as rows_changed,
        stg_ingest__table_loads.bytes_read
    from last_runs
    inner join stg_ingest__table_loads
        on
            last_runs.run_id = stg_ingest__table_loads.run_id
            and last_runs.source_name = stg_ingest__table_loads.source_name
            and last_runs.table_name = stg_ingest__table_loads.table_name
),

quarantined as (
    select
        source_name,
        table_name,
        sum(row_count) as row_count,
        min(first_seen_at) as first_seen_at
    from stg_ingest__quarantine
    group by source_name, table_name
),

joined as (
    select
        stg_ingest__tables.source_name,
        stg_ingest__tables.table_name,
        {{ lag_seconds }} as lag_seconds,
        last_loads.rows_read,
        last_loads.rows_changed,
        last_loads.bytes_read,
        coalesce(quarantined.row_count, 0) as quarantined_count,
        stg_ingest__tables.copied_at,
        stg_ingest__tables.loaded_at,
        quarantined.first_seen_at
    from stg_ingest__tables
    left join last_loads
        on
            stg_ingest__tables.source_name = last_loads.source_name
            and stg_ingest__tables.table_name = last_loads.table_name
    left join quarantined
        on
            stg_ingest__tables.source_name = quarantined.source_name
            and stg_ingest__tables.table_name = quarantined.table_name
),

final as (
    select
        source_name,
        table_name,
        cast(
            case
                when lag_seconds > 3600 * {{ var('stale_after_hours') }} then 'stale'
                when lag_seconds > 3600 * {{ var('late_after_hours') }} then 'late'
                else 'fresh'
            end as varchar(8)
        ) as freshness_state,
        cast(floor(lag_seconds / 60) as {{ dbt.type_bigint() }}) as lag_minutes,
        rows_read as last_rows_read,
        rows_changed as last_rows_changed,
        bytes_read as last_bytes_read,
        cast(quarantined_count as {{ dbt.type_bigint() }}) as quarantined_count,
        copied_at as last_copied_at,
        loaded_at as last_changed_at,
        first_seen_at as quarantined_since_at
    from joined
)

select * from final
