with int_inventory_periods as (
    select * from {{ ref('int_inventory_periods') }}
),

dim_dates as (
    select * from {{ ref('dim_dates') }}
),

covered as (
    select
        min(first_date) as first_date,
        max(last_date) as last_date
    from int_inventory_periods
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
