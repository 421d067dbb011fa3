-- Every payment is in the mart once, with the source's signed amount.
with both_sides as (
    select
        currency_code,
        payment_type,
        payment_status,
        1 as payment_count,
        amount as amount_local
    from {{ ref('stg_oltp__payments') }}
    where {{ is_settled('payment_id', 'stg_oltp__payments', ['fct_payments']) }}
    union all
    select
        currency_code,
        payment_type,
        payment_status,
        -1 as payment_count,
        -amount_local as amount_local
    from {{ ref('fct_payments') }}
    where {{ is_settled('payment_id', 'stg_oltp__payments', ['fct_payments']) }}
)

select
    currency_code,
    payment_type,
    payment_status,
    sum(payment_count) as payment_difference,
    sum(amount_local) as amount_difference
from both_sides
group by currency_code, payment_type, payment_status
having sum(payment_count) <> 0 or sum(amount_local) <> 0
