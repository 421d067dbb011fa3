-- What did a promotion bring, and what did it cost?
-- Asked by: marketing, while it runs and after.
select
    promotions.promotion_code,
    promotions.promotion_name,
    count(*) as orders,
    count(*) filter (where orders.is_first_order) as new_customers,
    sum(orders.net_amount) as net_sales,
    sum(orders.discount_amount) as discounts,
    sum(orders.margin_amount) as margin
from marts.fct_orders as orders
inner join marts.dim_promotions as promotions
    on orders.promotion_id = promotions.promotion_id
where orders.promotion_id = :promotion_id and not orders.is_cancelled
group by promotions.promotion_code, promotions.promotion_name
