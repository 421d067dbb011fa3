{#- Seconds after a session's end in which a purchase takes its cart up again. -#}
{%- set grace = 24 * 3600 -%}

with fct_sessions as (
    select * from {{ ref('fct_sessions') }}
),

fct_web_events as (
    select * from {{ ref('fct_web_events') }}
),

dim_products as (
    select * from {{ ref('dim_products') }}
),

int_exchange_rates_daily as (
    select * from {{ ref('int_exchange_rates_daily') }}
),

left_sessions as (
    select * from fct_sessions
    where
        has_cart = {{ bool_true() }}
        and has_purchase = {{ bool_false() }}
),

-- Put in less taken out; an event without a quantity is of one unit.
cart_items as (
    select
        left_sessions.session_key,
        left_sessions.ended_at,
        fct_web_events.sku,
        sum(
            case
                when fct_web_events.event_type = 'add_to_cart'
                    then coalesce(fct_web_events.quantity, 1)
                else -coalesce(fct_web_events.quantity, 1)
            end
        ) as quantity
    from left_sessions
    inner join fct_web_events
        on
            left_sessions.visitor_key = fct_web_events.visitor_key
            and left_sessions.started_at <= fct_web_events.occurred_at
            and left_sessions.ended_at >= fct_web_events.occurred_at
    where
        fct_web_events.event_type in ('add_to_cart', 'remove_from_cart')
        and fct_web_events.sku is not null
        and fct_web_events.is_bot = {{ bool_false() }}
    group by left_sessions.session_key, left_sessions.ended_at, fct_web_events.sku
),

priced_items as (
    select
        cart_items.session_key,
        cart_items.quantity,
        {{ in_reporting_currency(
            'cart_items.quantity * dim_products.list_price_local',
            'int_exchange_rates_daily.rate_to_reporting'
        ) }} as list_amount
    from cart_items
    left join dim_products
        on
            cart_items.sku = dim_products.sku
            and cart_items.ended_at >= dim_products.effective_from
            and cart_items.ended_at < dim_products.effective_to
    left join int_exchange_rates_daily
        on
            dim_products.price_currency_code = int_exchange_rates_daily.currency_code
            and {{ date_of('cart_items.ended_at') }} = int_exchange_rates_daily.rate_date
    where cart_items.quantity > 0
),

carts as (
    select
        session_key,
        count(*) as product_count,
        sum(quantity) as quantity,
        sum(case when list_amount is null then 1 else 0 end) as unpriced_product_count,
        sum(list_amount) as list_amount
    from priced_items
    group by session_key
),

-- The purchases that follow, of the same device or the same person.
purchases as (
    select
        left_sessions.session_key,
        left_sessions.ended_at,
        buying_sessions.session_key as buying_session_key,
        buying_sessions.order_id,
        buying_sessions.purchased_at
    from left_sessions
    inner join fct_sessions as buying_sessions
        on left_sessions.visitor_key = buying_sessions.visitor_key
    where buying_sessions.purchased_at > left_sessions.ended_at
    union
    select
        left_sessions.session_key,
        left_sessions.ended_at,
        buying_sessions.session_key as buying_session_key,
        buying_sessions.order_id,
        buying_sessions.purchased_at
    from left_sessions
    inner join fct_sessions as buying_sessions
        on left_sessions.identity_key = buying_sessions.identity_key
    where buying_sessions.purchased_at > left_sessions.ended_at
),

numbered_purchases as (
    select
        session_key,
        order_id,
        row_number() over (
            partition by session_key
            order by purchased_at, buying_session_key
        ) as purchase_number
    from purchases
    where {{ date_diff_seconds('purchased_at', 'ended_at') }} <= {{ grace }}
),

recoveries as (
    select
        session_key,
        order_id
    from numbered_purchases
    where purchase_number = 1
),

final as (
    select
        left_sessions.session_key,
        left_sessions.visitor_key,
        left_sessions.identity_key,
        recoveries.order_id as recovering_order_id,
        left_sessions.channel,
        left_sessions.device_type,
        left_sessions.country_code,
        left_sessions.channel_group,
        cast(
            case
                when recoveries.session_key is not null then 'recovered'
                when {{ date_diff_seconds(as_of(), 'left_sessions.ended_at') }} <= {{ grace }}
                    then 'open'
                else 'abandoned'
            end as varchar(16)
        ) as cart_state,
        cast(carts.product_count as {{ dbt.type_int() }}) as product_count,
        cast(carts.unpriced_product_count as {{ dbt.type_int() }}) as unpriced_product_count,
        cast(carts.quantity as {{ dbt.type_bigint() }}) as quantity,
        cast(carts.list_amount as {{ type_money() }}) as list_amount,
        left_sessions.has_checkout,
        {{ date_of('left_sessions.ended_at') }} as left_date,
        left_sessions.ended_at as left_at
    from left_sessions
    inner join carts
        on left_sessions.session_key = carts.session_key
    left join recoveries
        on left_sessions.session_key = recoveries.session_key
)

select * from final
