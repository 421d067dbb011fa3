-- Every parcel is counted once; the late ones are those of fct_shipments, but for withdrawn ones.
with both_sides as (
    select
        carrier,
        parcel_count,
        late_count,
        quantity
    from {{ ref('delivery_performance') }}
    union all
    select
        fct_shipments.carrier,
        -1 as parcel_count,
        case
            when fct_shipments.is_late = {{ bool_false() }} then 0
            when
                fct_orders.is_cancelled = {{ bool_true() }}
                and fct_shipments.shipment_status = 'preparing'
                then 0
            else -1
        end as late_count,
        -fct_shipments.quantity as quantity
    from {{ ref('fct_shipments') }} as fct_shipments
    left join {{ ref('fct_orders') }} as fct_orders
        on fct_shipments.order_id = fct_orders.order_id
)

select
    carrier,
    sum(parcel_count) as parcel_difference,
    sum(late_count) as late_difference,
    sum(quantity) as quantity_difference
from both_sides
group by carrier
having
    sum(parcel_count) <> 0
    or sum(late_count) <> 0
    or sum(quantity) <> 0
