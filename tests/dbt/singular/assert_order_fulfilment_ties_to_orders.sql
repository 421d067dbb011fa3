-- Orders, units and parcels are the same followed through fulfilment and in the facts they are of.
with both_sides as (
    select
        channel,
        1 as order_count,
        quantity,
        parcel_count,
        case when is_cancelled = {{ bool_true() }} then 1 else 0 end as cancelled_count
    from {{ ref('fct_order_fulfilment') }}
    union all
    select
        channel,
        -1 as order_count,
        -quantity as quantity,
        0 as parcel_count,
        case when is_cancelled = {{ bool_true() }} then -1 else 0 end as cancelled_count
    from {{ ref('fct_orders') }}
    union all
    select
        channel,
        0 as order_count,
        0 as quantity,
        -1 as parcel_count,
        0 as cancelled_count
    from {{ ref('fct_shipments') }}
    -- A parcel whose order the shop has deleted is of no channel.
    where channel is not null
)

select
    channel,
    sum(order_count) as order_difference,
    sum(quantity) as quantity_difference,
    sum(parcel_count) as parcel_difference,
    sum(cancelled_count) as cancelled_difference
from both_sides
group by channel
having
    sum(order_count) <> 0
    or sum(quantity) <> 0
    or sum(parcel_count) <> 0
    or sum(cancelled_count) <> 0
