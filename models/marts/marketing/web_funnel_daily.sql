with fct_sessions as (
    select * from {{ ref('fct_sessions') }}
    {{ where_changed('session_date') }}
),

-- The furthest step counts for those before it: trackers lose events, and a funnel only narrows.
reached as (
    select
        coalesce(channel, 'unknown') as channel,
        coalesce(device_type, 'unknown') as device_type,
        case
            when has_purchase = {{ bool_true() }} then 4
            when has_checkout = {{ bool_true() }} then 3
            when has_cart = {{ bool_true() }} then 2
            when has_product_view = {{ bool_true() }} then 1
            else 0
        end as step,
        session_date
    from fct_sessions
),

counted as (
    select
        channel,
        device_type,
        session_date,
        count(*) as session_count,
        sum(case when step >= 1 then 1 else 0 end) as product_view_session_count,
        sum(case when step >= 2 then 1 else 0 end) as cart_session_count,
        sum(case when step >= 3 then 1 else 0 end) as checkout_session_count,
        sum(case when step >= 4 then 1 else 0 end) as purchase_session_count
    from reached
    group by channel, device_type, session_date
),

final as (
    select
        channel,
        device_type,
        cast(session_count as {{ dbt.type_bigint() }}) as session_count,
        cast(product_view_session_count as {{ dbt.type_bigint() }}) as product_view_session_count,
        cast(cart_session_count as {{ dbt.type_bigint() }}) as cart_session_count,
        cast(checkout_session_count as {{ dbt.type_bigint() }}) as checkout_session_count,
        cast(purchase_session_count as {{ dbt.type_bigint() }}) as purchase_session_count,
        {{ rate_of('product_view_session_count', 'session_count') }} as product_view_rate,
        {{ rate_of('cart_session_count', 'product_view_session_count') }} as cart_rate,
        {{ rate_of('checkout_session_count', 'cart_session_count') }} as checkout_rate,
        {{ rate_of('purchase_session_count', 'checkout_session_count') }} as purchase_rate,
        {{ rate_of('purchase_session_count', 'session_count') }} as conversion_rate,
        session_date
    from counted
)

select * from final
