-- Where is this product in stock at this moment?
-- Asked by: store staff, with a customer waiting.
select
    warehouses.warehouse_name,
    warehouses.country_code,
    stock.quantity_on_hand,
    stock.stock_state
from marts.live_stock_by_warehouse_sku as stock
inner join marts.dim_warehouses as warehouses on stock.warehouse_id = warehouses.warehouse_id
where stock.sku = :'sku'
order by stock.quantity_on_hand desc
