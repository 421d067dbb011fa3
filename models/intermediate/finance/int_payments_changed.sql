{%- set through = loaded_through('fct_payments') -%}

with stg_oltp__deletions as (
    select * from {{ ref('stg_oltp__deletions') }}
),

int_orders_enriched as (
    {{ changes_in('int_orders_enriched', 'fct_payments') }}
),

int_exchange_rates_daily as (
    {{ changes_in('int_exchange_rates_daily', 'fct_payments') }}
),

final as (
    select payment_id
    from {{ ref('stg_oltp__payments') }}
    where loaded_at > {{ through }}
    union
    select cast(row_key as bigint) as payment_id
    from stg_oltp__deletions
    where
        table_name = 'payments'
        and loaded_at > {{ through }}
    union
    select stg_oltp__payments.payment_id
    from {{ ref('stg_oltp__payments') }} as stg_oltp__payments
    inner join int_orders_enriched
        on stg_oltp__payments.order_id = int_orders_enriched.order_id
    union
    select stg_oltp__payments.payment_id
    from {{ ref('stg_oltp__payments') }} as stg_oltp__payments
    inner join int_exchange_rates_daily
        on
            {{ date_of('stg_oltp__payments.paid_at') }} = int_exchange_rates_daily.rate_date
            and stg_oltp__payments.currency_code = int_exchange_rates_daily.currency_code
)

select * from final
