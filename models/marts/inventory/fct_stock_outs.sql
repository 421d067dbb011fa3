{%- set yesterday = date_add_days(as_of_date(), -1) -%}
{%- set before_start = date_add_days('stock_outs.start_date', -27) -%}

with int_inventory_periods as (
    select * from {{ ref('int_inventory_periods') }}
    where first_date <= {{ yesterday }}
),

fct_inventory_movements as (
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
    from int_inventory_periods
),

stock_outs as (
    select
        warehouse_id,
        sku,
        sum({{ stock_out_days('first_date', yesterday) }}) as stock_out_days,
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
        stock_outs.warehouse_id,
        stock_outs.sku,
        stock_outs.start_date,
        {{ before_start }} as before_date,
        int_inventory_periods.product_key,
        int_inventory_periods.sale_quantity,
        int_inventory_periods.closing_quantity,
        int_inventory_periods.first_date,
        int_inventory_periods.last_date
    from stock_outs
    inner join int_inventory_periods
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
        start_date,
        max(case when first_date = start_date then product_key end) as product_key,
        sum(case when first_date >= before_date then -sale_quantity else 0 end) as sold_quantity,
        sum(
            {{ stock_days('before_date', 'start_date') }}
            - {{ stock_out_days('before_date', 'start_date') }}
        ) as day_count
    from periods_before
    group by warehouse_id, sku, start_date
),

averaged as (
    select
        warehouse_id,
        sku,
        start_date,
        product_key,
        cast(
            round(cast(sold_quantity as {{ type_money() }}) / nullif(day_count, 0), 4)
            as {{ type_money() }}
        ) as average_daily_quantity
    from demand
    where sold_quantity > 0
),

sales_before as (
    select
        stock_outs.warehouse_id,
        stock_outs.sku,
        stock_outs.start_date,
        cast(
            round(fct_order_items.net_amount / nullif(fct_order_items.quantity, 0), 4)
            as {{ type_money() }}
        ) as unit_net_amount,
        row_number() over (
            partition by stock_outs.warehouse_id, stock_outs.sku, stock_outs.start_date
            order by
                fct_inventory_movements.occurred_at desc,
                fct_inventory_movements.movement_id desc
        ) as sales_since
    from stock_outs
    inner join fct_inventory_movements
        on
            stock_outs.warehouse_id = fct_inventory_movements.warehouse_id
            and stock_outs.sku = fct_inventory_movements.sku
            and stock_outs.start_date >= fct_inventory_movements.movement_date
            and {{ before_start }} <= fct_inventory_movements.movement_date
    inner join fct_order_items
        on fct_inventory_movements.order_item_id = fct_order_items.order_item_id
    where fct_inventory_movements.movement_type = 'sale'
),

joined as (
    select
        averaged.product_key,
        stock_outs.warehouse_id,
        stock_outs.sku,
        stock_outs.stock_out_days,
        averaged.average_daily_quantity,
        cast(averaged.average_daily_quantity * stock_outs.stock_out_days as {{ type_money() }})
            as lost_quantity,
        sales_before.unit_net_amount,
        stock_outs.start_date,
        case when stock_outs.end_date < {{ as_of_date() }} then stock_outs.end_date end as end_date
    from stock_outs
    inner join averaged
        on
            stock_outs.warehouse_id = averaged.warehouse_id
            and stock_outs.sku = averaged.sku
            and stock_outs.start_date = averaged.start_date
    left join sales_before
        on
            stock_outs.warehouse_id = sales_before.warehouse_id
            and stock_outs.sku = sales_before.sku
            and stock_outs.start_date = sales_before.start_date
            and sales_before.sales_since = 1
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
