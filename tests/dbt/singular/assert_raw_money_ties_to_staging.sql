-- Staging must pass on every live row and cent of raw: rows that return are lost or doubled there.
with both_sides as (
    select
        'orders' as table_name,
        currency_code,
        1 as row_count,
        total_amount + shipping_amount as amount
    from {{ source('oltp', 'orders') }}
    where _deleted_at is null
    union all
    select
        'orders',
        currency_code,
        -1,
        -(total_amount + shipping_amount)
    from {{ ref('stg_oltp__orders') }}
    union all
    select
        'order_items',
        currency_code,
        1,
        quantity * unit_price - discount_amount + tax_amount
    from {{ source('oltp', 'order_items') }}
    where _deleted_at is null
    union all
    select
        'order_items',
        currency_code,
        -1,
        -(quantity * unit_price - discount_amount + tax_amount)
    from {{ ref('stg_oltp__order_items') }}
    union all
    select
        'payments',
        currency_code,
        1,
        amount
    from {{ source('oltp', 'payments') }}
    where _deleted_at is null
    union all
    select
        'payments',
        currency_code,
        -1,
        -amount
    from {{ ref('stg_oltp__payments') }}
    union all
    select
        'returns',
        currency_code,
        1,
        refund_amount
    from {{ source('oltp', 'returns') }}
    where _deleted_at is null
    union all
    select
        'returns',
        currency_code,
        -1,
        -refund_amount
    from {{ ref('stg_oltp__returns') }}
    union all
    select
        'inventory_movements',
        movement_type,
        1,
        quantity
    from {{ source('oltp', 'inventory_movements') }}
    where _deleted_at is null
    union all
    select
        'inventory_movements',
        movement_type,
        -1,
        -quantity
    from {{ ref('stg_oltp__inventory_movements') }}
)

select
    table_name,
    currency_code,
    sum(row_count) as row_difference,
    sum(amount) as amount_difference
from both_sides
group by table_name, currency_code
having sum(row_count) <> 0 or sum(amount) <> 0
