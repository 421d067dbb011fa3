with fct_revenue_movements as (
    select * from {{ ref('fct_revenue_movements') }}
),

fct_payments as (
    select * from {{ ref('fct_payments') }}
),

int_exchange_rates_daily as (
    select * from {{ ref('int_exchange_rates_daily') }}
),

both_sides as (
    select
        coalesce(provider, 'none') as provider,
        currency_code,
        amount_local as revenue_amount_local,
        0 as payment_amount_local,
        amount as revenue_amount,
        0 as payment_amount,
        coalesce(settled_date, movement_date) as settled_date
    from fct_revenue_movements
    union all
    select
        provider,
        currency_code,
        0 as revenue_amount_local,
        amount_local as payment_amount_local,
        0 as revenue_amount,
        amount as payment_amount,
        paid_date as settled_date
    from fct_payments
    where is_captured = {{ bool_true() }}
),

days as (
    select
        provider,
        currency_code,
        sum(revenue_amount_local) as revenue_amount_local,
        sum(payment_amount_local) as payment_amount_local,
        sum(payment_amount_local) - sum(revenue_amount_local) as open_amount_local,
        sum(revenue_amount) as revenue_amount,
        sum(payment_amount) as payment_amount,
        settled_date
    from both_sides
    group by provider, currency_code, settled_date
),

valued as (
    select
        days.*,
        {{ in_reporting_currency(
            'days.open_amount_local', 'int_exchange_rates_daily.rate_to_reporting'
        ) }} as open_amount
    from days
    left join int_exchange_rates_daily
        on
            days.currency_code = int_exchange_rates_daily.currency_code
            and days.settled_date = int_exchange_rates_daily.rate_date
),

final as (
    select
        provider,
        currency_code,
        cast(revenue_amount_local as {{ type_money() }}) as revenue_amount_local,
        cast(payment_amount_local as {{ type_money() }}) as payment_amount_local,
        cast(open_amount_local as {{ type_money() }}) as open_amount_local,
        cast(revenue_amount as {{ type_money() }}) as revenue_amount,
        cast(payment_amount as {{ type_money() }}) as payment_amount,
        open_amount,
        cast(payment_amount - revenue_amount - open_amount as {{ type_money() }})
            as exchange_rate_effect_amount,
        settled_date
    from valued
)

select * from final
