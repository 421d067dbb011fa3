with fct_shipments as (
    select * from {{ ref('fct_shipments') }}
),

fct_orders as (
    select * from {{ ref('fct_orders') }}
),

-- What was cancelled before it left is withdrawn: nobody waits for it, whatever the clock says.
judged as (
    select
        fct_shipments.*,
        case
            when
                fct_orders.is_cancelled = {{ bool_true() }}
                and fct_shipments.shipped_at is null
                and fct_shipments.delivered_at is null
                and fct_shipments.shipment_status <> 'lost'
                then 1
            else 0
        end as is_withdrawn
    from fct_shipments
    left join fct_orders
        on fct_shipments.order_id = fct_orders.order_id
),

counted as (
    select
        promised_date,
        carrier,
        warehouse_id,
        is_withdrawn,
        quantity,
        case
            when is_withdrawn = 0 and (delivered_at is not null or is_late = {{ bool_true() }})
                then 1
            else 0
        end as is_due,
        case
            when is_withdrawn = 0 and is_late = {{ bool_true() }} and delivered_at is not null
                then 1
            else 0
        end as is_delivered_late,
        case
            when
                is_withdrawn = 0
                and is_late = {{ bool_true() }}
                and delivered_at is null
                and shipment_status <> 'lost'
                then 1
            else 0
        end as is_overdue,
        case
            when is_withdrawn = 0 and delivered_at is null and shipment_status = 'lost' then 1
            else 0
        end as is_lost,
        case when is_withdrawn = 0 and is_late = {{ bool_true() }} then 1 else 0 end as is_breach,
        case
            when is_withdrawn = 0 and is_late = {{ bool_true() }} then days_behind_promise
        end as days_late
    from judged
),

final as (
    select
        warehouse_id,
        carrier,
        cast(count(*) as {{ dbt.type_bigint() }}) as parcel_count,
        cast(sum(is_withdrawn) as {{ dbt.type_bigint() }}) as withdrawn_count,
        cast(sum(is_due) as {{ dbt.type_bigint() }}) as due_count,
        cast(sum(is_due - is_breach) as {{ dbt.type_bigint() }}) as on_time_count,
        cast(sum(is_breach) as {{ dbt.type_bigint() }}) as late_count,
        cast(sum(is_delivered_late) as {{ dbt.type_bigint() }}) as delivered_late_count,
        cast(sum(is_overdue) as {{ dbt.type_bigint() }}) as overdue_count,
        cast(sum(is_lost) as {{ dbt.type_bigint() }}) as lost_count,
        cast(sum(quantity) as {{ dbt.type_bigint() }}) as quantity,
        cast(coalesce(sum(days_late), 0) as {{ dbt.type_bigint() }}) as days_late,
        cast(
            round(cast(sum(is_breach) as {{ type_money() }}) / nullif(sum(is_due), 0), 8)
            as {{ type_rate() }}
        ) as late_rate,
        promised_date
    from counted
    group by promised_date, carrier, warehouse_id
)

select * from final
