{%- set recent_start = date_add_days(current_date_utc(), -6) -%}
{%- set earlier_start = date_add_days(current_date_utc(), -34) -%}

with fct_model_runs as (
    select * from {{ ref('fct_model_runs') }}
    where
        run_date >= {{ earlier_start }}
        and has_failed = {{ bool_false() }}
        and is_full_refresh = {{ bool_false() }}
),

summed as (
    select
        model_name,
        target_name,
        sum(case when run_date >= {{ recent_start }} then 1 else 0 end) as recent_run_count,
        sum(case when run_date < {{ recent_start }} then 1 else 0 end) as earlier_run_count,
        sum(case when run_date >= {{ recent_start }} then total_seconds else 0 end)
            as recent_seconds,
        sum(case when run_date < {{ recent_start }} then total_seconds else 0 end)
            as earlier_seconds
    from fct_model_runs
    group by model_name, target_name
),

averaged as (
    select
        summed.*,
        round(cast(recent_seconds as {{ type_money() }}) / nullif(recent_run_count, 0), 3)
            as recent_seconds_per_run,
        round(cast(earlier_seconds as {{ type_money() }}) / nullif(earlier_run_count, 0), 3)
            as earlier_seconds_per_run
    from summed
),

final as (
    select
        model_name,
        target_name,
        cast(recent_run_count as {{ dbt.type_bigint() }}) as recent_run_count,
        cast(earlier_run_count as {{ dbt.type_bigint() }}) as earlier_run_count,
        cast(recent_seconds_per_run as decimal(12, 3)) as recent_seconds_per_run,
        cast(earlier_seconds_per_run as decimal(12, 3)) as earlier_seconds_per_run,
        cast(
            round(
                cast(recent_seconds_per_run as {{ type_money() }})
                / nullif(earlier_seconds_per_run, 0) - 1, 8
            ) as {{ type_rate() }}
        ) as seconds_per_run_change,
        case
            when
                recent_run_count >= 5
                and earlier_run_count >= 5
                and recent_seconds_per_run > 1.5 * earlier_seconds_per_run
                then {{ bool_true() }}
            else {{ bool_false() }}
        end as is_slowing
    from averaged
)

select * from final
