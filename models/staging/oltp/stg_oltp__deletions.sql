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
{%- for table in keys %}

{{ table }} as (
    select * from {{ source('oltp', table) }}
),
{%- endfor %}

final as (
    {%- for table, key in keys.items() %}
    select
        cast('{{ table }}' as varchar(128)) as table_name,
        cast({{ key }} as varchar(64)) as row_key,
        _loaded_at at time zone 'UTC' as loaded_at,
        _deleted_at at time zone 'UTC' as deleted_at
    from {{ table }}
    where _deleted_at is not null
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
)

select * from final
