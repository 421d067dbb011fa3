with model_runs as (
    select * from {{ source('transform', 'model_runs') }}
),

final as (
    select
        cast(invocation_id as varchar(36)) as invocation_id,
        cast(node_name as varchar(128)) as model_name,
        cast(resource_type as varchar(16)) as resource_type,
        cast(schema_name as varchar(64)) as schema_name,
        cast(materialization as varchar(32)) as materialization,
        cast(target_name as varchar(16)) as target_name,
        cast(command_name as varchar(16)) as command_name,
        cast(run_status as varchar(16)) as run_status,
        cast(round(seconds, 3) as decimal(12, 3)) as seconds,
        cast(round(test_seconds, 3) as decimal(12, 3)) as test_seconds,
        rows_affected,
        total_bytes,
        is_full_refresh,
        started_at at time zone 'UTC' as started_at
    from model_runs
)

select * from final
