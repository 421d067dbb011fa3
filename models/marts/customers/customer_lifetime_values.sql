{#- The probability of still buying below which a customer is at that risk of being lost. -#}
{%- set churn_risks = [('high', 0.3), ('medium', 0.7)] -%}

with int_person_orders as (
    select * from {{ ref('int_person_orders') }}
),

stg_predictions__customer_lifetimes as (
    select * from {{ ref('stg_predictions__customer_lifetimes') }}
),

customers as (
    select
        person_key,
        count(*) as order_count,
        count(distinct order_date) as purchase_count,
        sum(net_amount) as net_amount,
        sum(returned_net_amount) as returned_net_amount,
        sum(margin_amount) as margin_amount,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date
    from int_person_orders
    where person_key is not null
    group by person_key
),

final as (
    select
        customers.person_key,
        cast(
            case
                when predicted.person_key is null then 'unknown'
                when customers.purchase_count = 1 then 'unknown'
                {%- for risk, limit in churn_risks %}
                when predicted.alive_probability < {{ limit }} then '{{ risk }}'
                {%- endfor %}
                else 'low'
            end as varchar(16)
        ) as churn_risk,
        cast(customers.order_count as {{ dbt.type_bigint() }}) as order_count,
        cast(customers.net_amount as {{ type_money() }}) as net_amount,
        cast(customers.returned_net_amount as {{ type_money() }}) as returned_net_amount,
        cast(
            customers.net_amount - customers.returned_net_amount as {{ type_money() }}
        ) as net_after_returns_amount,
        cast(customers.margin_amount as {{ type_money() }}) as margin_amount,
        cast(
            round(customers.net_amount / customers.order_count, 4) as {{ type_money() }}
        ) as average_order_amount,
        predicted.alive_probability,
        predicted.prediction_days,
        predicted.expected_purchase_count,
        predicted.expected_purchase_amount,
        cast(
            round(predicted.expected_purchase_count * predicted.expected_purchase_amount, 4)
            as {{ type_money() }}
        ) as predicted_net_amount,
        customers.first_order_date,
        customers.last_order_date,
        predicted.predicted_at
    from customers
    left join stg_predictions__customer_lifetimes as predicted
        on customers.person_key = predicted.person_key
)

select * from final
