-- Local amounts of an order are added up, which only one currency per order allows.
select
    order_items.order_item_id,
    order_items.currency_code,
    orders.currency_code as order_currency_code
from {{ ref('fct_order_items') }} as order_items
inner join {{ ref('fct_orders') }} as orders
    on order_items.order_id = orders.order_id
where order_items.currency_code <> orders.currency_code
