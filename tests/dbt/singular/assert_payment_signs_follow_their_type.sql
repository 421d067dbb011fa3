-- Charges add and refunds take away; a sum of amounts is wrong by twice whatever breaks this.
select
    payment_id,
    payment_type,
    amount_local
from {{ ref('fct_payments') }}
where
    (payment_type = 'charge' and amount_local < 0)
    or (payment_type = 'refund' and amount_local > 0)
