-- What has this customer ordered, the latest first?
-- Asked by: customer service, beside the telephone.
select order_number, ordered_at, order_status, payment_state, total_amount_local, currency_code
from marts.fct_orders
where customer_id = :customer_id
order by ordered_at desc
fetch first 20 rows only
