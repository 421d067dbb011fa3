-- Each order was placed once; each parcel of an order left and arrived once, if it did.
with both_sides as (
    select
        event_type,
        1 as event_count
    from {{ ref('fct_order_events') }}
    where event_type in ('placed', 'parcel_shipped', 'parcel_delivered', 'return_requested')
    union all
    select
        'placed' as event_type,
        -1 as event_count
    from {{ ref('fct_orders') }}
    union all
    select
        'parcel_shipped' as event_type,
        -1 as event_count
    from {{ ref('fct_shipments') }}
    where
        shipped_at is not null
        and order_date is not null
    union all
    select
        'parcel_delivered' as event_type,
        -1 as event_count
    from {{ ref('fct_shipments') }}
    where
        delivered_at is not null
        and order_date is not null
    union all
    select
        'return_requested' as event_type,
        -1 as event_count
    from {{ ref('fct_returns') }}
    where is_matched = {{ bool_true() }}
)

select
    event_type,
    sum(event_count) as event_difference
from both_sides
group by event_type
having sum(event_count) <> 0
