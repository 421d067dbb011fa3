with stg_oltp__inventory_movements as (
    select * from {{ ref('stg_oltp__inventory_movements') }}
),

dim_dates as (
    select * from {{ ref('dim_dates') }}
),

-- Stock is known to the last movement even where the run's day is set before it.
covered as (
    select
        min({{ date_of('occurred_at') }}) as first_date,
        greatest({{ as_of_date() }}, max({{ date_of('occurred_at') }})) as last_date
    from stg_oltp__inventory_movements
),

final as (
    select
        case
            when dim_dates.date_day = covered.last_date then {{ bool_true() }}
            else {{ bool_false() }}
        end as is_latest_day,
        dim_dates.date_day as stock_date
    from dim_dates
    inner join covered
        on
            dim_dates.date_day >= covered.first_date
            and dim_dates.date_day <= covered.last_date
)

select * from final
