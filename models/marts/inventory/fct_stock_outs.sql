{%- set yesterday = date_add_days(as_of_date(), -1) -%}
{%- set before_start = date_add_days('stock_outs.start_date', -27) -%}

-- Periods are named twice with ref(): a CTE of them would have no index to be looked up by.
with fct_inventory_movements as (
    select * from {{ ref('fct_inventory_movements') }}
),

fct_order_items as (
    select * from {{ ref('fct_order_items') }}
),

-- Periods without stock that follow each other have the same number of periods with stock before.
numbered as (
    select
        int_inventory_periods.*,
        sum(case when closing_quantity > 0 then 1 else 0 end) over (
            partition by warehouse_id, sku
            order by first_date
            rows between unbounded preceding and current row
        ) as stocked_periods
    from {{ ref('int_inventory_periods') }} as int_inventory_periods
    where first_date <= {{ yesterday }}
),

stock_outs as (
    select
        warehouse_id,
        sku,
        sum({{ stock_out_days('first_date', yesterday) }}) as days_out,
        min(first_date) as start_date,
        max(last_date) as end_date
    from numbered
    where
        closing_quantity <= 0
        and stocked_periods > 0
    group by warehouse_id, sku, stocked_periods
    having sum({{ stock_out_days('first_date', yesterday) }}) > 0
),

-- The 28 days that end with the one on which the last unit went.
periods_before as (
    select
        stock_outs.*,
        {{ before_start }} as before_date,
        int_inventory_periods.product_key,
        int_inventory_periods.sale_quantity,
        int_inventory_periods.closing_quantity,
        int_inventory_periods.first_date,
        int_inventory_periods.last_date
    from stock_outs
    inner join {{ ref('int_inventory_periods') }} as int_inventory_periods
        on
            stock_outs.warehouse_id = int_inventory_periods.warehouse_id
            and stock_outs.sku = int_inventory_periods.sku
            and stock_outs.start_date >= int_inventory_periods.first_date
            and {{ before_start }} <= int_inventory_periods.last_date
),

demand as (
    select
        warehouse_id,
        sku,
        days_out,
        start_date,
        end_date,
        before_date,
        max(case when first_date = start_date then product_key end) as product_key,
        sum(case when first_date >= before_date then -sale_quantity else 0 end) as sold_quantity,
        sum(
            {{ stock_days('before_date', 'start_date') }}
            - {{ stock_out_days('before_date', 'start_date') }}
        ) as day_count
    from periods_before
    group by warehouse_id, sku, days_out, start_date, end_date, before_date
),

averaged as (
    select
        demand.*,
        cast(
            round(cast(sold_quantity as {{ type_money() }}) / nullif(day_count, 0), 4)
            as {{ type_money() }}
        ) as average_daily_quantity
    from demand
    where sold_quantity > 0
),

-- One row per sale before, the last one with an order line first; for each stock-out one at least.
priced as (
    select
        averaged.*,
        fct_order_items.net_amount,
        fct_order_items.quantity,
        row_number() over (
            partition by averaged.warehouse_id, averaged.sku, averaged.start_date
            order by
                case when fct_order_items.order_item_id is null then 1 else 0 end,
                fct_inventory_movements.occurred_at desc,
                fct_inventory_movements.movement_id desc
        ) as sale_number
    from averaged
    left join fct_inventory_movements
        on
            averaged.warehouse_id = fct_inventory_movements.warehouse_id
            and averaged.sku = fct_inventory_movements.sku
            and averaged.start_date >= fct_inventory_movements.movement_date
            and averaged.before_date <= fct_inventory_movements.movement_date
            and fct_inventory_movements.movement_type = 'sale'
    left join fct_order_items
        on fct_inventory_movements.order_item_id = fct_order_items.order_item_id
),

joined as (
    select
        product_key,
        warehouse_id,
        sku,
        days_out as stock_out_days,
        average_daily_quantity,
        cast(average_daily_quantity * days_out as {{ type_money() }}) as lost_quantity,
        cast(round(net_amount / nullif(quantity, 0), 4) as {{ type_money() }}) as unit_net_amount,
        start_date,
        case when end_date < {{ as_of_date() }} then end_date end as end_date
    from priced
    where sale_number = 1
),

final as (
    select
        {{ surrogate_key([
            "cast(warehouse_id as varchar(11))", "sku", format_date('start_date')
        ]) }} as stock_out_key,
        product_key,
        warehouse_id,
        sku,
        cast(stock_out_days as {{ dbt.type_int() }}) as stock_out_days,
        average_daily_quantity,
        lost_quantity,
        unit_net_amount,
        cast(round(lost_quantity * unit_net_amount, 4) as {{ type_money() }}) as lost_net_amount,
        case when end_date is null then {{ bool_true() }} else {{ bool_false() }} end as is_open,
        start_date,
        end_date
    from joined
)

select * from final
