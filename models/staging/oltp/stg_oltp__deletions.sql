{%- set keys = {
    'exchange_rates': "currency_code || '|' || cast(rate_date as varchar)",
    'inventory_movements': 'movement_id',
    'order_items': 'order_item_id',
    'orders': 'order_id',
    'payments': 'payment_id',
    'returns': 'return_id',
    'shipments': 'shipment_id',
} -%}

with
{{ deletion_ctes('oltp', keys) }}

select * from final
