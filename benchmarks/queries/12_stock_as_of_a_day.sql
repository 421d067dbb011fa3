-- What was in stock at the end of a day, in units and in money, by warehouse?
-- Asked by: accounting, at month's end.
select
    warehouses.warehouse_name,
    count(*) filter (where inventory.closing_quantity > 0) as products_in_stock,
    sum(inventory.closing_quantity) as units,
    sum(inventory.stock_value) as stock_value
from marts.fct_inventory_daily as inventory
inner join marts.dim_warehouses as warehouses
    on inventory.warehouse_id = warehouses.warehouse_id
where inventory.stock_date = :'day'
group by warehouses.warehouse_name
order by stock_value desc
