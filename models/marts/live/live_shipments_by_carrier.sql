with stg_oltp__shipments as (
    select * from {{ ref('stg_oltp__shipments') }}
),

stg_oltp__orders as (
    select * from {{ ref('stg_oltp__orders') }}
),

open_parcels as (
    select
        warehouse_id,
        carrier,
        case
            when shipment_status = 'lost' then 'lost'
            when shipped_at is not null then 'under_way'
            else 'waiting'
        end as parcel_state,
        -- Of all others the order does not matter: with NULL it is not looked up.
        case when shipment_status <> 'lost' and shipped_at is null then order_id end
            as waiting_order_id,
        promised_at
    from stg_oltp__shipments
    where delivered_at is null
),

stated as (
    select
        open_parcels.warehouse_id,
        open_parcels.carrier,
        cast(
            case
                when stg_oltp__orders.order_status = 'cancelled' then 'withdrawn'
                else open_parcels.parcel_state
            end as varchar(16)
        ) as parcel_state,
        open_parcels.promised_at
    from open_parcels
    left join stg_oltp__orders
        on open_parcels.waiting_order_id = stg_oltp__orders.order_id
),

-- As in delivery_performance: nobody waits for what was cancelled before it left.
promised as (
    select
        warehouse_id,
        carrier,
        parcel_state,
        case when parcel_state <> 'withdrawn' then promised_at end as promised_at
    from stated
),

final as (
    select
        warehouse_id,
        carrier,
        parcel_state,
        cast(count(*) as {{ dbt.type_bigint() }}) as parcel_count,
        cast(
            sum(case when {{ date_of('promised_at') }} = {{ current_date_utc() }} then 1 else 0 end)
            as {{ dbt.type_bigint() }}
        ) as due_today_count,
        -- Late as in fct_shipments, by the clock of the query.
        cast(
            sum(case when {{ current_timestamp_utc() }} > promised_at then 1 else 0 end)
            as {{ dbt.type_bigint() }}
        ) as late_count,
        min(promised_at) as oldest_promised_at
    from promised
    group by warehouse_id, carrier, parcel_state
)

select * from final
