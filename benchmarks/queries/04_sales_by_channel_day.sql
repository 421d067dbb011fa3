-- What did each channel sell on each of the last 30 days?
-- Asked by: the e-commerce team, every morning.
select
    orders.order_date,
    channels.channel_name,
    count(*) as orders,
    sum(orders.net_amount) as net_sales,
    sum(orders.net_amount) / count(*) as average_order
from marts.fct_orders as orders
inner join marts.dim_channels as channels on orders.channel = channels.channel
where
    orders.order_date between cast(:'day' as date) - 29 and :'day'
    and not orders.is_cancelled
group by orders.order_date, channels.channel_name
order by orders.order_date, channels.channel_name
