-- A line whose order is gone has no day, customer or country, so no mart can hold it.
-- Only a warning, because the shop deletes rows and may do so between the order and its lines.
{{ config(severity='warn') }}

select
    order_items.order_item_id,
    order_items.order_id
from {{ ref('stg_oltp__order_items') }} as order_items
left join {{ ref('stg_oltp__orders') }} as orders
    on order_items.order_id = orders.order_id
where orders.order_id is null
