with int_orders_today as (
    select * from {{ ref('int_orders_today') }}
),

final as (
    select
        channel,
        country_code,
        cast(count(*) as {{ dbt.type_bigint() }}) as order_count,
        cast(sum(line_count) as {{ dbt.type_bigint() }}) as line_count,
        cast(sum(quantity) as {{ dbt.type_bigint() }}) as quantity,
        cast(sum(gross_amount) as {{ type_money() }}) as gross_amount,
        cast(sum(discount_amount) as {{ type_money() }}) as discount_amount,
        cast(sum(net_amount) as {{ type_money() }}) as net_amount,
        cast(sum(tax_amount) as {{ type_money() }}) as tax_amount,
        cast(sum(shipping_amount) as {{ type_money() }}) as shipping_amount,
        cast(sum(total_amount) as {{ type_money() }}) as total_amount,
        {{ date_of('max(ordered_at)') }} as order_date_utc,
        max(ordered_at) as last_ordered_at
    from int_orders_today
    where is_cancelled = {{ bool_false() }}
    group by channel, country_code
)

select * from final
