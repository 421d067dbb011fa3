with int_orders_enriched as (
    select * from {{ ref('int_orders_enriched') }}
    {{ where_changed('order_id') }}
),

int_first_orders as (
    select * from {{ ref('int_first_orders') }}
    {{ where_changed('order_id') }}
),

fct_order_items as (
    select * from {{ ref('fct_order_items') }}
    {{ where_changed('order_id') }}
),

fct_payments as (
    select * from {{ ref('fct_payments') }}
    {{ where_changed('order_id') }}
),

item_totals as (
    select
        order_id,
        count(*) as line_count,
        count(distinct shipment_id) as shipment_count,
        sum(quantity) as quantity,
        sum(gross_amount_local) as gross_amount_local,
        sum(discount_amount_local) as discount_amount_local,
        sum(net_amount_local) as net_amount_local,
        sum(tax_amount_local) as tax_amount_local,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(net_amount) as net_amount,
        sum(tax_amount) as tax_amount,
        sum(cost_amount) as cost_amount,
        sum(margin_amount) as margin_amount
    from fct_order_items
    group by order_id
),

-- Money of another currency than the order's cannot be added to it.
payment_totals as (
    select
        order_id,
        currency_code,
        sum(case when payment_type = 'charge' then amount_local else 0 end) as paid_amount_local,
        sum(case when payment_type = 'refund' then -amount_local else 0 end)
            as refunded_amount_local
    from fct_payments
    where
        order_id is not null
        and is_captured = {{ bool_true() }}
    group by order_id, currency_code
),

joined as (
    select
        int_orders_enriched.*,
        case
            when int_first_orders.order_id is not null then {{ bool_true() }}
            else {{ bool_false() }}
        end as is_first_order,
        coalesce(item_totals.line_count, 0) as line_count,
        coalesce(item_totals.shipment_count, 0) as shipment_count,
        coalesce(item_totals.quantity, 0) as quantity,
        coalesce(item_totals.gross_amount_local, 0) as gross_amount_local,
        coalesce(item_totals.discount_amount_local, 0) as discount_amount_local,
        coalesce(item_totals.net_amount_local, 0) as net_amount_local,
        coalesce(item_totals.tax_amount_local, 0) as tax_amount_local,
        coalesce(item_totals.gross_amount, 0) as gross_amount,
        coalesce(item_totals.discount_amount, 0) as discount_amount,
        coalesce(item_totals.net_amount, 0) as net_amount,
        coalesce(item_totals.tax_amount, 0) as tax_amount,
        item_totals.cost_amount,
        item_totals.margin_amount,
        coalesce(payment_totals.paid_amount_local, 0) as paid_amount_local,
        coalesce(payment_totals.refunded_amount_local, 0) as refunded_amount_local,
        {{ in_reporting_currency(
            'int_orders_enriched.shipping_amount_local', 'int_orders_enriched.rate_to_reporting'
        ) }} as shipping_amount
    from int_orders_enriched
    left join int_first_orders
        on int_orders_enriched.order_id = int_first_orders.order_id
    left join item_totals
        on int_orders_enriched.order_id = item_totals.order_id
    left join payment_totals
        on
            int_orders_enriched.order_id = payment_totals.order_id
            and int_orders_enriched.currency_code = payment_totals.currency_code
),

final as (
    select
        customer_key,
        order_id,
        customer_id,
        promotion_id,
        order_number,
        channel,
        order_status,
        case
            when paid_amount_local = 0 and total_amount_local > 0 then 'unpaid'
            when refunded_amount_local > 0 and refunded_amount_local >= paid_amount_local
                then 'refunded'
            when refunded_amount_local > 0 then 'partially_refunded'
            when paid_amount_local < total_amount_local then 'partially_paid'
            else 'paid'
        end as payment_state,
        country_code,
        currency_code,
        cast(line_count as {{ dbt.type_int() }}) as line_count,
        cast(shipment_count as {{ dbt.type_int() }}) as shipment_count,
        cast(quantity as {{ dbt.type_bigint() }}) as quantity,
        cast(gross_amount_local as {{ type_money() }}) as gross_amount_local,
        cast(discount_amount_local as {{ type_money() }}) as discount_amount_local,
        cast(net_amount_local as {{ type_money() }}) as net_amount_local,
        cast(tax_amount_local as {{ type_money() }}) as tax_amount_local,
        cast(shipping_amount_local as {{ type_money() }}) as shipping_amount_local,
        cast(total_amount_local as {{ type_money() }}) as total_amount_local,
        cast(paid_amount_local as {{ type_money() }}) as paid_amount_local,
        cast(refunded_amount_local as {{ type_money() }}) as refunded_amount_local,
        rate_to_reporting,
        cast(gross_amount as {{ type_money() }}) as gross_amount,
        cast(discount_amount as {{ type_money() }}) as discount_amount,
        cast(net_amount as {{ type_money() }}) as net_amount,
        cast(tax_amount as {{ type_money() }}) as tax_amount,
        shipping_amount,
        cast(net_amount + tax_amount + shipping_amount as {{ type_money() }}) as total_amount,
        cast(cost_amount as {{ type_money() }}) as cost_amount,
        cast(margin_amount as {{ type_money() }}) as margin_amount,
        is_cancelled,
        is_first_order,
        order_date,
        order_date_utc,
        ordered_at,
        cancelled_at
    from joined
)

select * from final
