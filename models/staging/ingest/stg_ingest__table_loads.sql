with runs as (
    select * from {{ source('ingest', 'runs') }}
),

source_loads as (
    select
        runs.run_id,
        runs.run_status,
        runs.started_at,
        runs.finished_at,
        loaded.fault is not null as has_failed,
        loaded.tables
    from runs
    cross join lateral jsonb_to_recordset(runs.report -> 'sources')
        as loaded (fault jsonb, tables jsonb)
),

table_loads as (
    select
        source_loads.run_id,
        source_loads.run_status,
        source_loads.started_at,
        source_loads.finished_at,
        source_loads.has_failed or loaded.fault is not null as has_failed,
        loaded.source as source_name,
        loaded.name as table_name,
        loaded.rows_read,
        loaded.inserted,
        loaded.updated,
        loaded.tombstoned,
        loaded.quarantined,
        loaded.bytes_read,
        loaded.seconds
    from source_loads
    cross join lateral jsonb_to_recordset(source_loads.tables) as loaded (
        source text,
        name text,
        rows_read bigint,
        inserted bigint,
        updated bigint,
        tombstoned bigint,
        quarantined bigint,
        bytes_read bigint,
        seconds numeric,
        fault jsonb
    )
),

final as (
    select
        run_id,
        cast(source_name as varchar(32)) as source_name,
        cast(table_name as varchar(128)) as table_name,
        cast(run_status as varchar(16)) as run_status,
        rows_read,
        inserted as rows_inserted,
        updated as rows_updated,
        tombstoned as rows_deleted,
        quarantined as rows_quarantined,
        bytes_read,
        cast(round(seconds, 3) as decimal(12, 3)) as seconds,
        has_failed,
        started_at at time zone 'UTC' as started_at,
        finished_at at time zone 'UTC' as finished_at
    from table_loads
)

select * from final
