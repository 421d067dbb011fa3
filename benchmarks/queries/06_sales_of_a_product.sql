-- How does one product sell, month by month, in the last year?
-- Asked by: buyers, on the product's page.
select
    dates.month_start_date,
    sum(items.quantity) as units,
    sum(items.net_amount) as net_sales,
    sum(items.margin_amount) as margin
from marts.fct_order_items as items
inner join marts.dim_dates as dates on items.order_date = dates.date_day
where
    items.sku = :'sku'
    and items.order_date > cast(:'day' as date) - 365
    and not items.is_cancelled
group by dates.month_start_date
order by dates.month_start_date
