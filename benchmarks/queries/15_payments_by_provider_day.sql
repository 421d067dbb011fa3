-- What did each provider pay us on each of the last 30 days?
-- Asked by: treasury, to compare with the bank.
select
    paid_date,
    provider,
    count(*) as payments,
    sum(amount) as amount,
    sum(amount) filter (where payment_type = 'refund') as refunds
from marts.fct_payments
where paid_date between cast(:'day' as date) - 29 and :'day' and is_captured
group by paid_date, provider
order by paid_date, provider
