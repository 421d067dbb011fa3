with int_person_orders as (
    select * from {{ ref('int_person_orders') }}
),

first_months as (
    select
        person_key,
        min({{ month_start('order_date') }}) as cohort_month
    from int_person_orders
    where person_key is not null
    group by person_key
),

cohorts as (
    select
        cohort_month,
        count(*) as customer_count
    from first_months
    group by cohort_month
),

active as (
    select
        first_months.cohort_month,
        {{ month_start('int_person_orders.order_date') }} as order_month,
        count(distinct int_person_orders.person_key) as active_customer_count,
        count(*) as order_count,
        sum(int_person_orders.net_amount) as net_amount
    from int_person_orders
    inner join first_months
        on int_person_orders.person_key = first_months.person_key
    group by first_months.cohort_month, {{ month_start('int_person_orders.order_date') }}
),

-- To the month of the last order: a month in which nobody of a cohort came back has 0.
months as (
    select distinct order_month
    from active
),

final as (
    select
        cohorts.cohort_month as cohort_month_date,
        months.order_month as order_month_date,
        cast(
            12 * ({{ year_of('months.order_month') }} - {{ year_of('cohorts.cohort_month') }})
            + {{ month_of('months.order_month') }} - {{ month_of('cohorts.cohort_month') }}
            as {{ dbt.type_int() }}
        ) as months_since,
        cast(cohorts.customer_count as {{ dbt.type_bigint() }}) as customer_count,
        cast(coalesce(active.active_customer_count, 0) as {{ dbt.type_bigint() }})
            as active_customer_count,
        cast(coalesce(active.order_count, 0) as {{ dbt.type_bigint() }}) as order_count,
        cast(coalesce(active.net_amount, 0) as {{ type_money() }}) as net_amount,
        cast(
            round(
                cast(coalesce(active.active_customer_count, 0) as {{ type_rate() }})
                / cohorts.customer_count,
                8
            ) as {{ type_rate() }}
        ) as retention_rate
    from cohorts
    inner join months
        on cohorts.cohort_month <= months.order_month
    left join active
        on
            cohorts.cohort_month = active.cohort_month
            and months.order_month = active.order_month
)

select * from final
