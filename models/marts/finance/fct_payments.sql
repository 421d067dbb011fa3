with stg_oltp__payments as (
    select * from {{ ref('stg_oltp__payments') }}
    {{ where_changed('payment_id') }}
),

int_orders_enriched as (
    select * from {{ ref('int_orders_enriched') }}
),

int_exchange_rates_daily as (
    select * from {{ ref('int_exchange_rates_daily') }}
),

dated as (
    select
        stg_oltp__payments.*,
        {{ date_of('paid_at') }} as paid_date
    from stg_oltp__payments
),

final as (
    select
        coalesce(int_orders_enriched.customer_key, {{ unknown_key() }}) as customer_key,
        dated.payment_id,
        dated.order_id,
        dated.return_id,
        dated.payment_type,
        dated.provider,
        dated.payment_status,
        int_orders_enriched.channel,
        int_orders_enriched.country_code,
        dated.currency_code,
        -- Notes on charges and refunds may speak of customers; those of the ledger do not.
        case when dated.payment_type = 'adjustment' then dated.note end as adjustment_note,
        cast(dated.amount as {{ type_money() }}) as amount_local,
        int_exchange_rates_daily.rate_to_reporting,
        {{ in_reporting_currency('dated.amount', 'int_exchange_rates_daily.rate_to_reporting') }}
            as amount,
        case
            when dated.payment_status = 'captured' then {{ bool_true() }}
            else {{ bool_false() }}
        end as is_captured,
        int_orders_enriched.order_date,
        dated.paid_date,
        dated.paid_at
    from dated
    left join int_orders_enriched
        on dated.order_id = int_orders_enriched.order_id
    left join int_exchange_rates_daily
        on
            dated.currency_code = int_exchange_rates_daily.currency_code
            and dated.paid_date = int_exchange_rates_daily.rate_date
)

select * from final
