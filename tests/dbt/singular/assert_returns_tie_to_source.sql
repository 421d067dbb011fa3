-- Every return, matched or not, is in the mart once, with the source's quantity and refund.
with both_sides as (
    select
        currency_code,
        return_status,
        1 as return_count,
        quantity,
        refund_amount as refund_amount_local
    from {{ ref('stg_oltp__returns') }}
    where {{ is_settled('return_id', 'stg_oltp__returns', ['fct_returns']) }}
    union all
    select
        currency_code,
        return_status,
        -1 as return_count,
        -quantity as quantity,
        -refund_amount_local as refund_amount_local
    from {{ ref('fct_returns') }}
    where {{ is_settled('return_id', 'stg_oltp__returns', ['fct_returns']) }}
)

select
    currency_code,
    return_status,
    sum(return_count) as return_difference,
    sum(quantity) as quantity_difference,
    sum(refund_amount_local) as refund_difference
from both_sides
group by currency_code, return_status
having
    sum(return_count) <> 0
    or sum(quantity) <> 0
    or sum(refund_amount_local) <> 0
