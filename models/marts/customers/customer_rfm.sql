with int_person_orders as (
    select * from {{ ref('int_person_orders') }}
),

customers as (
    select
        person_key,
        count(*) as order_count,
        sum(net_amount) as net_amount,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date,
        max(ordered_at) as last_ordered_at
    from int_person_orders
    where person_key is not null
    group by person_key
),

-- Many order equally often: what else is known of them decides, and never chance.
scored as (
    select
        customers.*,
        ntile(5) over (order by last_ordered_at, person_key) as recency_score,
        ntile(5) over (order by order_count, net_amount, person_key) as frequency_score,
        ntile(5) over (order by net_amount, order_count, person_key) as monetary_score
    from customers
),

final as (
    select
        person_key,
        cast(
            case
                when recency_score >= 5 and frequency_score >= 4 then 'champions'
                when recency_score >= 3 and frequency_score >= 4 then 'loyal_customers'
                when recency_score >= 4 and frequency_score >= 2 then 'potential_loyalists'
                when recency_score >= 5 then 'new_customers'
                when recency_score >= 4 then 'promising'
                when recency_score >= 3 and frequency_score >= 3 then 'need_attention'
                when recency_score >= 3 then 'about_to_sleep'
                when frequency_score >= 5 then 'cannot_lose_them'
                when frequency_score >= 3 then 'at_risk'
                else 'hibernating'
            end as varchar(32)
        ) as rfm_segment,
        cast(
            case
                when {{ date_diff_days(as_of_date(), 'last_order_date') }} > 0
                    then {{ date_diff_days(as_of_date(), 'last_order_date') }}
                else 0
            end as {{ dbt.type_int() }}
        ) as recency_days,
        cast(order_count as {{ dbt.type_bigint() }}) as order_count,
        cast(net_amount as {{ type_money() }}) as net_amount,
        cast(recency_score as {{ dbt.type_int() }}) as recency_score,
        cast(frequency_score as {{ dbt.type_int() }}) as frequency_score,
        cast(monetary_score as {{ dbt.type_int() }}) as monetary_score,
        first_order_date,
        last_order_date
    from scored
)

select * from final
