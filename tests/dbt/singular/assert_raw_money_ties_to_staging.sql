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
        'orders' as table_name,
        currency_code,
        -1 as row_count,
        -(total_amount + shipping_amount) as amount
    from {{ ref('stg_oltp__orders') }}
    union all
    select
        'order_items' as table_name,
        currency_code,
        1 as row_count,
        quantity * unit_price - discount_amount + tax_amount as amount
    from {{ source('oltp', 'order_items') }}
    where _deleted_at is null
    union all
    select
        'order_items' as table_name,
        currency_code,
        -1 as row_count,
        -(quantity * unit_price - discount_amount + tax_amount) as amount
    from {{ ref('stg_oltp__order_items') }}
    union all
    select
        'payments' as table_name,
        currency_code,
        1 as row_count,
        amount
    from {{ source('oltp', 'payments') }}
    where _deleted_at is null
    union all
    select
        'payments' as table_name,
        currency_code,
        -1 as row_count,
        -amount as amount
    from {{ ref('stg_oltp__payments') }}
    union all
    select
        'returns' as table_name,
        currency_code,
        1 as row_count,
        refund_amount as amount
    from {{ source('oltp', 'returns') }}
    where _deleted_at is null
    union all
    select
        'returns' as table_name,
        currency_code,
        -1 as row_count,
        -refund_amount as amount
    from {{ ref('stg_oltp__returns') }}
    union all
    select
        'inventory_movements' as table_name,
        movement_type as currency_code,
        1 as row_count,
        quantity as amount
    from {{ source('oltp', 'inventory_movements') }}
    where _deleted_at is null
    union all
    select
        'inventory_movements' as table_name,
        movement_type as currency_code,
        -1 as row_count,
        -quantity as amount
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
