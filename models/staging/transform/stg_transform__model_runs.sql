with model_runs as (
    select * from {{ source('transform', 'model_runs') }}
),

final as (
    select
        invocation_id,
        node_name as model_name,
        resource_type,
        schema_name,
        materialization,
        target_name,
        command_name,
        run_status,
        seconds,
        test_seconds,
        rows_affected,
        total_bytes,
        is_full_refresh,
        started_at at time zone 'UTC' as started_at
    from model_runs
)

select * from final
