-- Which countries sold how much in a month, and what is the share of each?
-- Asked by: country managers, in the monthly review.
select
    country_name,
    order_count,
    net_amount,
    margin_amount,
    net_amount / nullif(sum(net_amount) over (), 0) as share_of_sales
from marts.sales_by_country_category_month
where sales_level = 'country_month' and order_month = :'month'
order by net_amount desc
