-- What are the 20 best sellers of the last seven days?
-- Asked by: merchandising, on the wall screen.
select
    items.sku,
    products.product_name,
    sum(items.quantity) as units,
    sum(items.net_amount) as net_sales
from marts.fct_order_items as items
inner join marts.dim_products as products
    on items.sku = products.sku and products.is_current
where
    items.order_date between cast(:'day' as date) - 6 and :'day'
    and not items.is_cancelled
group by items.sku, products.product_name
order by net_sales desc
fetch first 20 rows only
