with stg_ingest__table_loads as (
    select * from {{ ref('stg_ingest__table_loads') }}
),

final as (
    select
        run_id,
        source_name,
        table_name,
        run_status,
        rows_read,
        rows_inserted,
        rows_updated,
        rows_deleted,
        rows_quarantined,
        bytes_read,
        seconds,
        cast(
            round(cast(rows_read as decimal(18, 2)) / nullif(seconds, 0), 2) as decimal(18, 2)
        ) as rows_per_second,
        has_failed,
        {{ date_of('started_at') }} as run_date,
        started_at,
        finished_at
    from stg_ingest__table_loads
)

select * from final
