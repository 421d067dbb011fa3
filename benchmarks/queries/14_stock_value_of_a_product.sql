-- How did stock and stock value of one product develop over the last 90 days?
-- Asked by: buyers, before they order more.
select
    stock_date,
    sum(closing_quantity) as units,
    sum(stock_value) as stock_value
from marts.fct_inventory_daily
where sku = :'sku' and stock_date between cast(:'day' as date) - 89 and :'day'
group by stock_date
order by stock_date
