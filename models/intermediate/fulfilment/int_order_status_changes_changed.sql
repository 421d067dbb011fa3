with fct_returns as (
    {{ changes_in('fct_returns', 'fct_order_status_changes') }}
),

final as (
    select
        cast('orders' as varchar(32)) as source_table,
        order_id as source_id
    from {{ ref('stg_oltp__orders_history') }}
    where loaded_at > {{ loaded_through('fct_order_status_changes') }}
    union
    select
        cast('payments' as varchar(32)) as source_table,
        payment_id as source_id
    from {{ ref('stg_oltp__payments_history') }}
    where loaded_at > {{ loaded_through('fct_order_status_changes') }}
    union
    select
        cast('shipments' as varchar(32)) as source_table,
        shipment_id as source_id
    from {{ ref('stg_oltp__shipments_history') }}
    where loaded_at > {{ loaded_through('fct_order_status_changes') }}
    union
    select
        cast('returns' as varchar(32)) as source_table,
        return_id as source_id
    from {{ ref('stg_oltp__returns_history') }}
    where loaded_at > {{ loaded_through('fct_order_status_changes') }}
    union
    select
        cast('returns' as varchar(32)) as source_table,
        return_id as source_id
    from fct_returns
)

select * from final
