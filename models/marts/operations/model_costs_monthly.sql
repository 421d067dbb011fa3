with fct_model_runs as (
    select * from {{ ref('fct_model_runs') }}
),

dated as (
    select
        fct_model_runs.*,
        {{ month_start('run_date') }} as month_start_date
    from fct_model_runs
),

monthly as (
    select
        model_name,
        target_name,
        month_start_date,
        count(*) as run_count,
        sum(case when has_failed = {{ bool_true() }} then 1 else 0 end) as failed_run_count,
        cast(sum(seconds) as decimal(18, 3)) as seconds,
        cast(sum(test_seconds) as decimal(18, 3)) as test_seconds,
        cast(sum(total_seconds) as decimal(18, 3)) as total_seconds,
        max(total_bytes) as total_bytes
    from dated
    group by model_name, target_name, month_start_date
),

priced as (
    select
        monthly.*,
        sum(total_seconds) over (partition by month_start_date) as month_seconds,
        round(total_seconds / run_count, 3) as seconds_per_run,
        round(
            total_seconds * {{ var('compute_cost_per_hour') }} / 3600, 4
        ) as compute_amount,
        round(
            cast(total_bytes as decimal(18, 0))
            * {{ var('storage_cost_per_gib_month') }} / 1073741824, 4
        ) as storage_amount
    from monthly
),

-- The month before in the calendar: after a month without runs there is nothing to compare with.
compared as (
    select
        priced.*,
        priced.compute_amount + coalesce(priced.storage_amount, 0) as cost_amount,
        priced.total_bytes - previous.total_bytes as bytes_growth,
        (
            cast(priced.seconds_per_run as {{ type_money() }}) / nullif(previous.seconds_per_run, 0)
            - 1
        ) as seconds_per_run_change
    from priced
    left join priced as previous
        on
            priced.model_name = previous.model_name
            and priced.target_name = previous.target_name
            and {{ month_start(date_add_days('priced.month_start_date', -1)) }}
            = previous.month_start_date
),

final as (
    select
        model_name,
        target_name,
        row_number() over (
            partition by month_start_date
            order by cost_amount desc, total_seconds desc, model_name asc, target_name asc
        ) as cost_rank,
        cast(run_count as {{ dbt.type_bigint() }}) as run_count,
        cast(failed_run_count as {{ dbt.type_bigint() }}) as failed_run_count,
        seconds,
        test_seconds,
        total_seconds,
        cast(
            round(cast(total_seconds as {{ type_money() }}) / nullif(month_seconds, 0), 8)
            as {{ type_rate() }}
        ) as share_of_seconds,
        cast(seconds_per_run as decimal(12, 3)) as seconds_per_run,
        cast(round(seconds_per_run_change, 8) as {{ type_rate() }}) as seconds_per_run_change,
        total_bytes,
        bytes_growth,
        cast(compute_amount as {{ type_money() }}) as compute_amount,
        cast(storage_amount as {{ type_money() }}) as storage_amount,
        cast(cost_amount as {{ type_money() }}) as cost_amount,
        month_start_date
    from compared
)

select * from final
