-- Of the customers who first ordered in a month, how many came back in each month after?
-- Asked by: customer relations, one line of the cohort chart.
with newcomers as (
    select customer_id
    from marts.fct_orders
    where
        is_first_order
        and order_date >= :'month'
        and order_date < cast(:'month' as date) + interval '1 month'
)

select
    dates.month_start_date,
    count(distinct orders.customer_id) as customers,
    sum(orders.net_amount) as net_sales
from newcomers
inner join marts.fct_orders as orders on newcomers.customer_id = orders.customer_id
inner join marts.dim_dates as dates on orders.order_date = dates.date_day
where not orders.is_cancelled
group by dates.month_start_date
order by dates.month_start_date
