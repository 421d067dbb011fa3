{%- set last_date = date_of(last_as_of('fct_exchange_rates')) -%}
{%- set this_date = date_of(this_as_of('fct_exchange_rates')) -%}

with int_exchange_rates_daily as (
    {{ changes_in('int_exchange_rates_daily', 'fct_exchange_rates') }}
),

dim_dates as (
    select * from {{ ref('dim_dates') }}
),

-- A day comes with the run's clock; it goes when the clock is set back.
passed as (
    select date_day as rate_date
    from dim_dates
    where
        (date_day > {{ last_date }} and date_day <= {{ this_date }})
        or (date_day > {{ this_date }} and date_day <= {{ last_date }})
),

final as (
    select rate_date from int_exchange_rates_daily
    union
    select rate_date from passed
)

select * from final
