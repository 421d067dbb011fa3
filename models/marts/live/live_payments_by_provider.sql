with stg_oltp__payments as (
    select * from {{ ref('stg_oltp__payments') }}
),

int_exchange_rates_today as (
    select * from {{ ref('int_exchange_rates_today') }}
),

-- The ledger's adjustments are no attempt of anybody to pay: no provider takes or refuses them.
payments_today as (
    select *
    from stg_oltp__payments
    where
        {{ date_of('paid_at') }} = {{ current_date_utc() }}
        and payment_type <> 'adjustment'
),

judged as (
    select
        payments_today.provider,
        payments_today.payment_type,
        payments_today.paid_at,
        case when payments_today.payment_status = 'captured' then 1 else 0 end as is_captured,
        case when payments_today.payment_status = 'failed' then 1 else 0 end as is_failed,
        case when payments_today.payment_status = 'pending' then 1 else 0 end as is_pending,
        {{ in_reporting_currency(
            'payments_today.amount', 'int_exchange_rates_today.rate_to_reporting'
        ) }} as amount
    from payments_today
    left join int_exchange_rates_today
        on payments_today.currency_code = int_exchange_rates_today.currency_code
),

final as (
    select
        provider,
        payment_type,
        cast(count(*) as {{ dbt.type_bigint() }}) as payment_count,
        cast(sum(is_captured) as {{ dbt.type_bigint() }}) as captured_count,
        cast(sum(is_failed) as {{ dbt.type_bigint() }}) as failed_count,
        cast(sum(is_pending) as {{ dbt.type_bigint() }}) as pending_count,
        {{ rate_of('sum(is_failed)', 'sum(is_captured + is_failed)') }} as failure_rate,
        cast(coalesce(sum(case when is_captured = 1 then amount end), 0) as {{ type_money() }})
            as captured_amount,
        {{ date_of('max(paid_at)') }} as paid_date,
        max(paid_at) as last_paid_at,
        max(case when is_captured = 1 then paid_at end) as last_captured_at
    from judged
    group by provider, payment_type
)

select * from final
