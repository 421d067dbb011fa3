with int_orders_enriched as (
    select * from {{ ref('int_orders_enriched') }}
    {{ where_changed('order_id') }}
),

fct_order_items as (
    select * from {{ ref('fct_order_items') }}
    {{ where_changed('order_id') }}
),

fct_shipments as (
    select * from {{ ref('fct_shipments') }}
    {{ where_changed('order_id') }}
),

fct_payments as (
    select * from {{ ref('fct_payments') }}
    {{ where_changed('order_id') }}
),

fct_returns as (
    select * from {{ ref('fct_returns') }}
    {{ where_changed('order_id') }}
),

-- Of what was cancelled before it left, nothing is promised any more.
parcels as (
    select
        fct_shipments.*,
        case
            when
                fct_shipments.shipped_at is not null
                or fct_shipments.delivered_at is not null
                or fct_shipments.shipment_status = 'lost'
                then 1
            else 0
        end as has_left,
        case when fct_shipments.delivered_at is not null then 1 else 0 end as has_arrived,
        case
            when fct_shipments.delivered_at is null and fct_shipments.shipment_status = 'lost'
                then 1
            else 0
        end as is_lost
    from fct_shipments
),

parcel_totals as (
    select
        parcels.order_id,
        count(*) as parcel_count,
        count(distinct parcels.warehouse_id) as warehouse_count,
        sum(parcels.has_arrived) as delivered_parcel_count,
        sum(parcels.is_lost) as lost_parcel_count,
        sum(
            case
                when
                    parcels.is_late = {{ bool_true() }}
                    and (
                        parcels.has_left = 1
                        or int_orders_enriched.is_cancelled = {{ bool_false() }}
                    )
                    then 1
                else 0
            end
        ) as late_parcel_count,
        max(parcels.promised_at) as promised_at,
        min(parcels.shipped_at) as first_shipped_at,
        max(parcels.shipped_at) as last_shipped_at,
        min(parcels.delivered_at) as first_delivered_at,
        max(parcels.delivered_at) as last_delivered_at
    from parcels
    inner join int_orders_enriched
        on parcels.order_id = int_orders_enriched.order_id
    group by parcels.order_id
),

-- A parcel of another order carries nothing of this one.
line_totals as (
    select
        fct_order_items.order_id,
        count(*) as line_count,
        sum(case when parcels.shipment_id is null then 1 else 0 end) as unassigned_line_count,
        sum(fct_order_items.quantity) as quantity,
        sum(coalesce(parcels.has_left, 0) * fct_order_items.quantity) as shipped_quantity,
        sum(coalesce(parcels.has_arrived, 0) * fct_order_items.quantity) as delivered_quantity,
        sum(coalesce(parcels.is_lost, 0) * fct_order_items.quantity) as lost_quantity
    from fct_order_items
    left join parcels
        on
            fct_order_items.shipment_id = parcels.shipment_id
            and fct_order_items.order_id = parcels.order_id
    group by fct_order_items.order_id
),

charges as (
    select
        fct_payments.order_id,
        int_orders_enriched.total_amount_local,
        sum(fct_payments.amount_local) over (
            partition by fct_payments.order_id
            order by fct_payments.paid_at, fct_payments.payment_id
            rows between unbounded preceding and current row
        ) as paid_amount_local,
        fct_payments.paid_at
    from fct_payments
    inner join int_orders_enriched
        on
            fct_payments.order_id = int_orders_enriched.order_id
            and fct_payments.currency_code = int_orders_enriched.currency_code
    where
        fct_payments.payment_type = 'charge'
        and fct_payments.is_captured = {{ bool_true() }}
),

paid as (
    select
        order_id,
        min(paid_at) as paid_at
    from charges
    where paid_amount_local >= total_amount_local
    group by order_id
),

refunded as (
    select
        order_id,
        min(paid_at) as first_refunded_at
    from fct_payments
    where
        order_id is not null
        and payment_type = 'refund'
        and is_captured = {{ bool_true() }}
    group by order_id
),

returned as (
    select
        order_id,
        sum(case when return_status <> 'rejected' then quantity else 0 end) as returned_quantity,
        min(requested_at) as first_return_requested_at
    from fct_returns
    where order_id is not null
    group by order_id
),

joined as (
    select
        int_orders_enriched.*,
        case
            when
                int_orders_enriched.order_status = 'delivered'
                and parcel_totals.order_id is null
                then 1
            else 0
        end as is_handed_over,
        coalesce(line_totals.line_count, 0) as line_count,
        coalesce(line_totals.unassigned_line_count, 0) as unassigned_line_count,
        coalesce(parcel_totals.parcel_count, 0) as parcel_count,
        coalesce(parcel_totals.warehouse_count, 0) as warehouse_count,
        coalesce(parcel_totals.delivered_parcel_count, 0) as delivered_parcel_count,
        coalesce(parcel_totals.lost_parcel_count, 0) as lost_parcel_count,
        coalesce(parcel_totals.late_parcel_count, 0) as late_parcel_count,
        coalesce(line_totals.quantity, 0) as quantity,
        coalesce(line_totals.shipped_quantity, 0) as shipped_quantity,
        coalesce(line_totals.delivered_quantity, 0) as delivered_quantity,
        coalesce(line_totals.lost_quantity, 0) as lost_quantity,
        coalesce(returned.returned_quantity, 0) as returned_quantity,
        parcel_totals.promised_at,
        paid.paid_at,
        parcel_totals.first_shipped_at,
        parcel_totals.last_shipped_at,
        parcel_totals.first_delivered_at,
        parcel_totals.last_delivered_at,
        returned.first_return_requested_at,
        refunded.first_refunded_at
    from int_orders_enriched
    left join line_totals
        on int_orders_enriched.order_id = line_totals.order_id
    left join parcel_totals
        on int_orders_enriched.order_id = parcel_totals.order_id
    left join paid
        on int_orders_enriched.order_id = paid.order_id
    left join refunded
        on int_orders_enriched.order_id = refunded.order_id
    left join returned
        on int_orders_enriched.order_id = returned.order_id
),

-- The furthest that all of the order has come.
staged as (
    select
        joined.*,
        case
            when is_cancelled = {{ bool_true() }} then 'cancelled'
            when is_handed_over = 1 then 'handed_over'
            when quantity > 0 and delivered_quantity = quantity then 'delivered'
            when lost_quantity > 0 and delivered_quantity + lost_quantity = quantity then 'lost'
            when quantity > 0 and shipped_quantity = quantity then 'shipped'
            when shipped_quantity > 0 then 'partially_shipped'
            when parcel_count > 0 then 'preparing'
            when paid_at is not null then 'paid'
            else 'placed'
        end as fulfilment_state
    from joined
),

arrived as (
    select
        staged.*,
        case when fulfilment_state = 'delivered' then last_delivered_at end as fulfilled_at
    from staged
),

final as (
    select
        customer_key,
        order_id,
        order_number,
        channel,
        order_status,
        cast(fulfilment_state as varchar(32)) as fulfilment_state,
        country_code,
        cast(line_count as {{ dbt.type_int() }}) as line_count,
        cast(
            case
                when fulfilment_state in ('cancelled', 'handed_over') then 0
                else unassigned_line_count
            end as {{ dbt.type_int() }}
        ) as unassigned_line_count,
        cast(parcel_count as {{ dbt.type_int() }}) as parcel_count,
        cast(warehouse_count as {{ dbt.type_int() }}) as warehouse_count,
        cast(delivered_parcel_count as {{ dbt.type_int() }}) as delivered_parcel_count,
        cast(lost_parcel_count as {{ dbt.type_int() }}) as lost_parcel_count,
        cast(late_parcel_count as {{ dbt.type_int() }}) as late_parcel_count,
        cast(quantity as {{ dbt.type_bigint() }}) as quantity,
        cast(
            case when is_handed_over = 1 then quantity else shipped_quantity end
            as {{ dbt.type_bigint() }}
        ) as shipped_quantity,
        cast(
            case when is_handed_over = 1 then quantity else delivered_quantity end
            as {{ dbt.type_bigint() }}
        ) as delivered_quantity,
        cast(returned_quantity as {{ dbt.type_bigint() }}) as returned_quantity,
        {{ hours_between('paid_at', 'ordered_at') }} as hours_to_pay,
        {{ hours_between('first_shipped_at', 'ordered_at') }} as hours_to_ship,
        {{ hours_between('fulfilled_at', 'first_shipped_at') }} as hours_in_transit,
        {{ hours_between('fulfilled_at', 'ordered_at') }} as hours_to_fulfil,
        {{ hours_between('fulfilled_at', 'promised_at') }} as hours_behind_promise,
        is_cancelled,
        case when parcel_count > 1 then {{ bool_true() }} else {{ bool_false() }} end as is_split,
        case
            when fulfilment_state in ('delivered', 'lost') or late_parcel_count > 0
                then {{ bool_true() }}
            else {{ bool_false() }}
        end as is_due,
        case
            when late_parcel_count > 0 then {{ bool_true() }} else {{ bool_false() }}
        end as is_late,
        case
            when fulfilment_state = 'delivered' and late_parcel_count = 0 then {{ bool_true() }}
            else {{ bool_false() }}
        end as is_on_time_in_full,
        order_date,
        {{ date_of('promised_at') }} as promised_date,
        {{ date_of('fulfilled_at') }} as fulfilled_date,
        ordered_at,
        paid_at,
        promised_at,
        first_shipped_at,
        last_shipped_at,
        first_delivered_at,
        last_delivered_at,
        fulfilled_at,
        cancelled_at,
        first_return_requested_at,
        first_refunded_at
    from arrived
)

select * from final
