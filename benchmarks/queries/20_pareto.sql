-- How few products make four fifths of a week's sales?
-- Asked by: merchandising, to decide what must never be out of stock.
with by_product as (
    select sku, sum(net_amount) as net_sales
    from marts.fct_order_items
    where
        order_date between cast(:'day' as date) - 6 and :'day'
        and not is_cancelled
    group by sku
),

ranked as (
    select
        sku,
        net_sales,
        sum(net_sales) over (order by net_sales desc, sku) as running_sales,
        sum(net_sales) over () as all_sales
    from by_product
)

select
    count(*) as products,
    count(*) filter (where running_sales - net_sales < 0.8 * all_sales) as products_of_four_fifths,
    sum(net_sales) as net_sales
from ranked
