-- How is today going, by channel?
-- Asked by: everybody, on the entrance screen, every few seconds.
select
    channel,
    sum(order_count) as orders,
    sum(net_amount) as net_sales,
    max(last_ordered_at) as last_ordered_at
from marts.live_sales_by_channel_country
group by channel
order by net_sales desc
