-- Every second that was recorded is in a month, once; shares of a month add up to one.
with monthly as (
    select
        month_start_date,
        sum(total_seconds) as total_seconds,
        sum(run_count) as run_count,
        sum(share_of_seconds) as share_of_seconds
    from {{ ref('model_costs_monthly') }}
    group by month_start_date
),

runs as (
    select
        {{ month_start('run_date') }} as month_start_date,
        sum(total_seconds) as total_seconds,
        count(*) as run_count
    from {{ ref('fct_model_runs') }}
    group by {{ month_start('run_date') }}
)

select
    coalesce(monthly.month_start_date, runs.month_start_date) as month_start_date,
    monthly.total_seconds,
    runs.total_seconds as recorded_seconds,
    monthly.share_of_seconds
from monthly
full outer join runs
    on monthly.month_start_date = runs.month_start_date
where
    coalesce(monthly.total_seconds, -1) <> coalesce(runs.total_seconds, -1)
    or coalesce(monthly.run_count, -1) <> coalesce(runs.run_count, -1)
    or abs(monthly.share_of_seconds - 1) > 0.0001
