with int_person_orders as (
    select * from {{ ref('int_person_orders') }}
),

typed as (
    select
        int_person_orders.*,
        case
            when person_key is null then 'anonymous'
            when purchase_number = 1 then 'new'
            else 'returning'
        end as customer_type
    from int_person_orders
),

final as (
    select
        cast(customer_type as varchar(16)) as customer_type,
        cast(count(distinct person_key) as {{ dbt.type_bigint() }}) as customer_count,
        cast(count(*) as {{ dbt.type_bigint() }}) as order_count,
        cast(sum(net_amount) as {{ type_money() }}) as net_amount,
        order_date
    from typed
    group by customer_type, order_date
)

select * from final
