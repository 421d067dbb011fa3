with int_person_orders as (
    select * from {{ ref('int_person_orders') }}
    where person_key is not null
),

purchases as (
    select
        person_key,
        order_date,
        sum(net_amount - returned_net_amount) as net_after_returns_amount,
        row_number() over (partition by person_key order by order_date) as purchase_number
    from int_person_orders
    group by person_key, order_date
),

persons as (
    select
        person_key,
        count(*) - 1 as repeat_count,
        sum(case when purchase_number > 1 then net_after_returns_amount end) as repeat_amount,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date
    from purchases
    group by person_key
),

final as (
    select
        person_key,
        cast(repeat_count as {{ dbt.type_bigint() }}) as repeat_count,
        cast(
            {{ date_diff_days('last_order_date', 'first_order_date') }} as {{ dbt.type_int() }}
        ) as recency_days,
        -- The shop's day may be ahead of the build's.
        cast(
            case
                when last_order_date > {{ as_of_date() }}
                    then {{ date_diff_days('last_order_date', 'first_order_date') }}
                else {{ date_diff_days(as_of_date(), 'first_order_date') }}
            end as {{ dbt.type_int() }}
        ) as age_days,
        cast(
            round(repeat_amount / nullif(repeat_count, 0), 4) as {{ type_money() }}
        ) as average_repeat_amount
    from persons
)

select * from final
