with stg_oltp__shipments as (
    select * from {{ ref('stg_oltp__shipments') }}
    {{ where_changed('shipment_id') }}
),

int_orders_enriched as (
    select * from {{ ref('int_orders_enriched') }}
),

fct_order_items as (
    select * from {{ ref('fct_order_items') }}
    {{ where_changed('shipment_id') }}
),

item_totals as (
    select
        shipment_id,
        count(*) as line_count,
        sum(quantity) as quantity,
        sum(net_amount) as net_amount
    from fct_order_items
    where shipment_id is not null
    group by shipment_id
),

-- Lateness is known on delivery; before it, a promise that has passed is already broken.
timed as (
    select
        stg_oltp__shipments.*,
        case
            when coalesce(delivered_at, {{ as_of() }}) > promised_at then {{ bool_true() }}
            else {{ bool_false() }}
        end as is_late,
        {{ date_of('promised_at') }} as promised_date,
        {{ date_of('shipped_at') }} as shipped_date,
        {{ date_of('delivered_at') }} as delivered_date
    from stg_oltp__shipments
),

final as (
    select
        coalesce(int_orders_enriched.customer_key, {{ unknown_key() }}) as customer_key,
        timed.shipment_id,
        timed.order_id,
        timed.warehouse_id,
        timed.carrier,
        timed.shipment_status,
        int_orders_enriched.channel,
        int_orders_enriched.country_code,
        cast(coalesce(item_totals.line_count, 0) as {{ dbt.type_int() }}) as line_count,
        cast(coalesce(item_totals.quantity, 0) as {{ dbt.type_bigint() }}) as quantity,
        cast(coalesce(item_totals.net_amount, 0) as {{ type_money() }}) as net_amount,
        {{ date_diff_days('timed.shipped_date', 'int_orders_enriched.order_date_utc') }}
            as days_to_ship,
        {{ date_diff_days('timed.delivered_date', 'timed.promised_date') }}
            as days_behind_promise,
        timed.is_late,
        int_orders_enriched.order_date,
        timed.promised_date,
        timed.shipped_date,
        timed.delivered_date,
        timed.promised_at,
        timed.shipped_at,
        timed.delivered_at
    from timed
    left join int_orders_enriched
        on timed.order_id = int_orders_enriched.order_id
    left join item_totals
        on timed.shipment_id = item_totals.shipment_id
)

select * from final
