with int_orders_today as (
    select * from {{ ref('int_orders_today') }}
),

final as (
    select
        order_status,
        cast(count(*) as {{ dbt.type_bigint() }}) as order_count,
        cast(sum(total_amount) as {{ type_money() }}) as total_amount,
        {{ date_of('max(ordered_at)') }} as order_date_utc,
        min(ordered_at) as first_ordered_at,
        max(ordered_at) as last_ordered_at
    from int_orders_today
    group by order_status
)

select * from final
