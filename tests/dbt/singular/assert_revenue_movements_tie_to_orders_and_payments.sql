-- Revenue is what orders are due, less what went back, with the corrections of the ledger;
-- its other side is what the bank shows.
with sides as (
    select
        currency_code,
        amount_local as movement_amount_local,
        0 as fact_amount_local,
        0 as reconciled_revenue_local,
        0 as reconciled_payment_local,
        0 as captured_amount_local
    from {{ ref('fct_revenue_movements') }}
    union all
    select
        currency_code,
        0 as movement_amount_local,
        net_amount_local + tax_amount_local + shipping_amount_local as fact_amount_local,
        0 as reconciled_revenue_local,
        0 as reconciled_payment_local,
        0 as captured_amount_local
    from {{ ref('fct_orders') }}
    where is_cancelled = {{ bool_false() }}
    union all
    select
        currency_code,
        0 as movement_amount_local,
        -refund_amount_local as fact_amount_local,
        0 as reconciled_revenue_local,
        0 as reconciled_payment_local,
        0 as captured_amount_local
    from {{ ref('fct_returns') }}
    where is_refunded = {{ bool_true() }}
    union all
    select
        currency_code,
        0 as movement_amount_local,
        case when payment_type = 'adjustment' then amount_local else 0 end as fact_amount_local,
        0 as reconciled_revenue_local,
        0 as reconciled_payment_local,
        amount_local as captured_amount_local
    from {{ ref('fct_payments') }}
    where is_captured = {{ bool_true() }}
    union all
    select
        currency_code,
        0 as movement_amount_local,
        0 as fact_amount_local,
        revenue_amount_local as reconciled_revenue_local,
        payment_amount_local as reconciled_payment_local,
        0 as captured_amount_local
    from {{ ref('revenue_reconciliation_daily') }}
)

select
    currency_code,
    sum(movement_amount_local) as movement_amount_local,
    sum(fact_amount_local) as fact_amount_local,
    sum(reconciled_revenue_local) as reconciled_revenue_local,
    sum(reconciled_payment_local) as reconciled_payment_local,
    sum(captured_amount_local) as captured_amount_local
from sides
group by currency_code
having
    sum(movement_amount_local) <> sum(fact_amount_local)
    or sum(movement_amount_local) <> sum(reconciled_revenue_local)
    or sum(captured_amount_local) <> sum(reconciled_payment_local)
