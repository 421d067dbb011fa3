with stg_transform__model_runs as (
    select * from {{ ref('stg_transform__model_runs') }}
),

final as (
    select
        invocation_id,
        model_name,
        resource_type,
        schema_name,
        materialization,
        target_name,
        command_name,
        run_status,
        seconds,
        test_seconds,
        cast(seconds + test_seconds as decimal(12, 3)) as total_seconds,
        rows_affected,
        total_bytes,
        is_full_refresh,
        case
            when run_status = 'success' then {{ bool_false() }}
            else {{ bool_true() }}
        end as has_failed,
        {{ date_of('started_at') }} as run_date,
        started_at
    from stg_transform__model_runs
)

select * from final
