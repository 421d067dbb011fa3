-- What is in this order, is it paid, where is it?
-- Asked by: customer service, with the order's number in hand.
select
    orders.order_number,
    orders.order_status,
    orders.payment_state,
    items.line_number,
    products.product_name,
    items.quantity,
    items.net_amount_local,
    orders.currency_code,
    shipments.carrier,
    shipments.shipment_status,
    shipments.promised_at
from marts.fct_orders as orders
inner join marts.fct_order_items as items on orders.order_id = items.order_id
left join marts.dim_products as products on items.product_key = products.product_key
left join marts.fct_shipments as shipments on items.shipment_id = shipments.shipment_id
where orders.order_number = :'order_number'
order by items.line_number
