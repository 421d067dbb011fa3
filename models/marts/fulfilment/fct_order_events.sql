with int_orders_enriched as (
    select * from {{ ref('int_orders_enriched') }}
    {{ where_changed('order_id') }}
),

fct_payments as (
    select * from {{ ref('fct_payments') }}
    {{ where_changed('order_id') }}
),

fct_shipments as (
    select * from {{ ref('fct_shipments') }}
    {{ where_changed('order_id') }}
),

fct_return_cycles as (
    select * from {{ ref('fct_return_cycles') }}
    {{ where_changed('order_id') }}
),

-- Numbered as they follow each other where the shop gives them one time.
events as (
    select
        order_id,
        order_id as source_id,
        'orders' as source_table,
        'placed' as event_type,
        1 as type_order,
        ordered_at as occurred_at
    from int_orders_enriched
    union all
    select
        order_id,
        payment_id as source_id,
        'payments' as source_table,
        case
            when payment_type = 'charge' and is_captured = {{ bool_true() }} then 'charged'
            when payment_type = 'charge' then 'charge_failed'
            when is_captured = {{ bool_true() }} then 'refunded'
            else 'refund_failed'
        end as event_type,
        case when payment_type = 'charge' then 2 else 10 end as type_order,
        paid_at as occurred_at
    from fct_payments
    where
        payment_type in ('charge', 'refund')
        and payment_status in ('captured', 'failed')
    union all
    select
        order_id,
        shipment_id as source_id,
        'shipments' as source_table,
        'parcel_shipped' as event_type,
        3 as type_order,
        shipped_at as occurred_at
    from fct_shipments
    union all
    select
        order_id,
        shipment_id as source_id,
        'shipments' as source_table,
        'parcel_delivered' as event_type,
        4 as type_order,
        delivered_at as occurred_at
    from fct_shipments
    union all
    select
        order_id,
        return_id as source_id,
        'returns' as source_table,
        'return_requested' as event_type,
        5 as type_order,
        requested_at as occurred_at
    from fct_return_cycles
    union all
    select
        order_id,
        return_id as source_id,
        'inventory_movements' as source_table,
        'return_received' as event_type,
        6 as type_order,
        received_at as occurred_at
    from fct_return_cycles
    union all
    select
        order_id,
        return_id as source_id,
        'returns' as source_table,
        'return_refunded' as event_type,
        7 as type_order,
        refunded_at as occurred_at
    from fct_return_cycles
    union all
    select
        order_id,
        order_id as source_id,
        'orders' as source_table,
        'cancelled' as event_type,
        8 as type_order,
        cancelled_at as occurred_at
    from int_orders_enriched
    where is_cancelled = {{ bool_true() }}
),

ordered as (
    select
        events.*,
        int_orders_enriched.ordered_at,
        row_number() over (
            partition by events.order_id
            order by events.occurred_at, events.type_order, events.source_id
        ) as event_number,
        lag(events.occurred_at) over (
            partition by events.order_id
            order by events.occurred_at, events.type_order, events.source_id
        ) as previous_occurred_at
    from events
    inner join int_orders_enriched
        on events.order_id = int_orders_enriched.order_id
    where events.occurred_at is not null
),

final as (
    select
        {{ surrogate_key(['event_type', 'cast(source_id as varchar(20))']) }} as order_event_key,
        order_id,
        source_id,
        cast(source_table as varchar(32)) as source_table,
        cast(event_type as varchar(32)) as event_type,
        cast(event_number as {{ dbt.type_int() }}) as event_number,
        {{ hours_between('occurred_at', 'ordered_at') }} as hours_since_placed,
        {{ hours_between('occurred_at', 'previous_occurred_at') }} as hours_since_previous,
        {{ date_of('occurred_at') }} as event_date,
        occurred_at
    from ordered
)

select * from final
