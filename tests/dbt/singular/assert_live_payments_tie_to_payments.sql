{%- set built = ['int_exchange_rates_daily', 'fct_payments'] -%}

-- The day's payments are the same read live and in fct_payments, if nothing was loaded since that
-- was built: in the sums of the live view, what moved meanwhile cannot be told apart.
with both_sides as (
    select
        provider,
        payment_type,
        payment_count,
        captured_count,
        failed_count,
        pending_count,
        captured_amount
    from {{ ref('live_payments_by_provider') }}
    union all
    select
        provider,
        payment_type,
        -1 as payment_count,
        case when payment_status = 'captured' then -1 else 0 end as captured_count,
        case when payment_status = 'failed' then -1 else 0 end as failed_count,
        case when payment_status = 'pending' then -1 else 0 end as pending_count,
        case when is_captured = {{ bool_true() }} then -coalesce(amount, 0) else 0 end
            as captured_amount
    from {{ ref('fct_payments') }}
    where
        paid_date = {{ current_date_utc() }}
        and payment_type <> 'adjustment'
),

moved as (
    select loaded_at from {{ ref('stg_oltp__payments') }}
    where loaded_at > {{ all_loaded_through(built) }}
    union all
    select loaded_at from {{ ref('stg_oltp__exchange_rates') }}
    where loaded_at > {{ all_loaded_through(built) }}
    union all
    select loaded_at from {{ ref('stg_oltp__deletions') }}
    where
        table_name in ('payments', 'exchange_rates')
        and loaded_at > {{ all_loaded_through(built) }}
)

select
    provider,
    payment_type,
    sum(payment_count) as payment_difference,
    sum(captured_count) as captured_difference,
    sum(failed_count) as failed_difference,
    sum(pending_count) as pending_difference,
    sum(captured_amount) as amount_difference
from both_sides
where not exists (select 1 from moved)
group by provider, payment_type
having
    sum(payment_count) <> 0
    or sum(captured_count) <> 0
    or sum(failed_count) <> 0
    or sum(pending_count) <> 0
    or sum(captured_amount) <> 0
