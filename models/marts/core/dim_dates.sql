with stg_oltp__orders as (
    select * from {{ ref('stg_oltp__orders') }}
),

stg_oltp__payments as (
    select * from {{ ref('stg_oltp__payments') }}
),

stg_oltp__returns as (
    select * from {{ ref('stg_oltp__returns') }}
),

stg_oltp__inventory_movements as (
    select * from {{ ref('stg_oltp__inventory_movements') }}
),

stg_oltp__exchange_rates as (
    select * from {{ ref('stg_oltp__exchange_rates') }}
),

event_dates as (
    select min({{ date_of('ordered_at') }}) as event_date from stg_oltp__orders
    union all
    select min({{ date_of('paid_at') }}) as event_date from stg_oltp__payments
    union all
    select min({{ date_of('requested_at') }}) as event_date from stg_oltp__returns
    union all
    select min({{ date_of('occurred_at') }}) as event_date from stg_oltp__inventory_movements
    union all
    select min(rate_date) as event_date from stg_oltp__exchange_rates
    union all
    select {{ as_of_date() }} as event_date {{ dual_from() }}
),

first_day as (
    -- A day earlier, for in some country an event's day is the one before.
    select {{ date_add_days('min(event_date)', -1) }} as date_day from event_dates
),

day_numbers as (
    {{ numbers(100000) }}
),

calendar_days as (
    select {{ date_add_days('first_day.date_day', 'day_numbers.ordinal') }} as date_day
    from first_day
    cross join day_numbers
),

numbered as (
    select
        date_day,
        {{ month_start('date_day') }} as month_start_date,
        {{ year_of('date_day') }} as calendar_year,
        {{ quarter_of('date_day') }} as calendar_quarter,
        {{ month_of('date_day') }} as calendar_month,
        {{ day_of_month('date_day') }} as day_of_month,
        {{ iso_week_of('date_day') }} as iso_week,
        {{ day_of_week('date_day') }} as iso_day_of_week
    from calendar_days
    where {{ year_of('date_day') }} <= {{ year_of(date_add_days(as_of_date(), 1)) }}
),

final as (
    select
        date_day,
        case calendar_month
            {%- for month in [
                'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August',
                'September', 'October', 'November', 'December',
            ] %}
            when {{ loop.index }} then '{{ month }}'
            {%- endfor %}
        end as month_name,
        case iso_day_of_week
            {%- for day in [
                'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday',
            ] %}
            when {{ loop.index }} then '{{ day }}'
            {%- endfor %}
        end as day_name,
        calendar_year,
        calendar_quarter,
        calendar_month,
        day_of_month,
        -- The ISO year of a week is the calendar year of its Thursday.
        {{ year_of(date_add_days('date_day', '4 - iso_day_of_week')) }} as iso_year,
        iso_week,
        iso_day_of_week,
        case when iso_day_of_week >= 6 then {{ bool_true() }} else {{ bool_false() }} end
            as is_weekend,
        month_start_date
    from numbered
)

select * from final
