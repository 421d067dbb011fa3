with int_person_orders as (
    select * from {{ ref('int_person_orders') }}
),

customers as (
    select
        person_key,
        count(*) as order_count,
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
        person_key,
        cast(order_count as {{ dbt.type_bigint() }}) as order_count,
        cast(net_amount as {{ type_money() }}) as net_amount,
        cast(returned_net_amount as {{ type_money() }}) as returned_net_amount,
        cast(net_amount - returned_net_amount as {{ type_money() }}) as net_after_returns_amount,
        cast(margin_amount as {{ type_money() }}) as margin_amount,
        cast(round(net_amount / order_count, 4) as {{ type_money() }}) as average_order_amount,
        first_order_date,
        last_order_date
    from customers
)

select * from final
