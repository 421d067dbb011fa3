-- Which brands earn money in a country this month?
-- Asked by: country managers, before price talks.
select
    products.brand,
    sum(items.net_amount) as net_sales,
    sum(items.margin_amount) as margin,
    sum(items.margin_amount)
    / nullif(sum(items.net_amount) filter (where items.cost_amount is not null), 0)
        as margin_rate
from marts.fct_order_items as items
inner join marts.dim_products as products on items.product_key = products.product_key
where
    items.order_date >= :'month'
    and items.order_date < cast(:'month' as date) + interval '1 month'
    and items.country_code = :'country'
    and not items.is_cancelled
group by products.brand
order by margin desc
