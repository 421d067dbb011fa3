{%- set yesterday = date_add_days(as_of_date(), -1) -%}
{%- set recent_start = date_add_days(as_of_date(), -28) -%}
{%- set weeks_start = date_add_days(as_of_date(), -364) -%}
{%- set year_start = date_add_days(as_of_date(), -365) -%}
{%- set lead_days = var('supply_lead_days') -%}

with fct_inventory_daily as (
    select * from {{ ref('fct_inventory_daily') }}
    where is_latest_day = {{ bool_true() }}
),

int_inventory_periods as (
    select * from {{ ref('int_inventory_periods') }}
),

stg_oltp__stock_levels as (
    select * from {{ ref('stg_oltp__stock_levels') }}
),

fct_order_items as (
    select * from {{ ref('fct_order_items') }}
),

recent as (
    select
        warehouse_id,
        sku,
        sum(case when first_date >= {{ recent_start }} then -sale_quantity else 0 end)
            as sold_quantity,
        sum({{ stock_days(recent_start, yesterday) }}) as day_count,
        sum({{ stock_out_days(recent_start, yesterday) }}) as stock_out_days
    from int_inventory_periods
    where
        last_date >= {{ recent_start }}
        and first_date <= {{ yesterday }}
    group by warehouse_id, sku
),

-- What the shop sold and did not have is no stock to turn over.
yearly as (
    select
        warehouse_id,
        sku,
        sum(case when first_date >= {{ year_start }} then -sale_quantity else 0 end)
            as sold_quantity,
        sum({{ stock_days(year_start, yesterday) }}) as day_count,
        sum(
            case when closing_quantity > 0 then closing_quantity else 0 end
            * {{ stock_days(year_start, yesterday) }}
        ) as quantity_days
    from int_inventory_periods
    where
        last_date >= {{ year_start }}
        and first_date <= {{ yesterday }}
    group by warehouse_id, sku
),

-- Whole weeks back from the run's day, as far as the product was there.
first_days as (
    select
        warehouse_id,
        sku,
        {{ date_diff_days(as_of_date(), 'min(first_date)') }} as day_count
    from int_inventory_periods
    group by warehouse_id, sku
),

observed as (
    select
        warehouse_id,
        sku,
        cast(least(52, floor(day_count / 7)) as {{ dbt.type_bigint() }}) as week_count
    from first_days
),

weeks as (
    select
        warehouse_id,
        sku,
        cast(
            floor(({{ date_diff_days(as_of_date(), 'first_date') }} - 1) / 7)
            as {{ dbt.type_bigint() }}
        ) as weeks_ago,
        cast(sum(-sale_quantity) as {{ dbt.type_bigint() }}) as sold_quantity
    from int_inventory_periods
    where
        first_date >= {{ weeks_start }}
        and first_date <= {{ yesterday }}
    group by
        warehouse_id,
        sku,
        cast(
            floor(({{ date_diff_days(as_of_date(), 'first_date') }} - 1) / 7)
            as {{ dbt.type_bigint() }}
        )
),

-- Sums alone: a week without a sale adds zero to both, and so needs no row.
demand as (
    select
        observed.warehouse_id,
        observed.sku,
        observed.week_count,
        cast(sum(weeks.sold_quantity) as {{ dbt.type_bigint() }}) as sold_quantity,
        cast(sum(weeks.sold_quantity * weeks.sold_quantity) as {{ dbt.type_bigint() }})
            as squared_quantity
    from observed
    inner join weeks
        on
            observed.warehouse_id = weeks.warehouse_id
            and observed.sku = weeks.sku
            and observed.week_count > weeks.weeks_ago
    where observed.week_count >= 8
    group by observed.warehouse_id, observed.sku, observed.week_count
    having sum(weeks.sold_quantity) > 0
),

-- The deviation of n values is the root of (n * sum of squares - square of the sum), over n.
variation as (
    select
        demand.*,
        week_count * squared_quantity - sold_quantity * sold_quantity as spread,
        {{ square_root(
            'cast(week_count * squared_quantity - sold_quantity * sold_quantity as decimal(18, 0))'
            ~ ' / (sold_quantity * sold_quantity)'
        ) }} as demand_variation,
        cast(
            round(cast(sold_quantity * {{ lead_days }} as {{ type_money() }}) / (week_count * 7), 4)
            as {{ type_money() }}
        ) as lead_demand,
        {{ square_root(
            'cast((week_count * squared_quantity - sold_quantity * sold_quantity) * '
            ~ lead_days ~ ' as decimal(18, 0)) / (week_count * week_count * 7)'
        ) }} as lead_deviation
    from demand
),

product_sales as (
    select
        sku,
        cast(sum(net_amount) as {{ type_money() }}) as net_amount
    from fct_order_items
    where
        is_cancelled = {{ bool_false() }}
        and order_date >= {{ year_start }}
        and order_date <= {{ yesterday }}
    group by sku
    having sum(net_amount) > 0
),

-- What is sold of products that sell more. Those that sell the same are of one class.
ranked as (
    select
        sku,
        net_amount,
        sum(net_amount) over (
            order by net_amount desc
            range between unbounded preceding and current row
        ) - sum(net_amount) over (partition by net_amount) as better_net_amount,
        sum(net_amount) over () as total_net_amount
    from product_sales
),

-- Db2's decimals of sums are too wide to multiply.
shares as (
    select
        sku,
        net_amount,
        cast(better_net_amount as {{ type_money() }}) as better_net_amount,
        cast(total_net_amount as {{ type_money() }}) as total_net_amount
    from ranked
),

joined as (
    select
        fct_inventory_daily.product_key,
        fct_inventory_daily.warehouse_id,
        fct_inventory_daily.sku,
        case
            when shares.better_net_amount < 0.80 * shares.total_net_amount then 'A'
            when shares.better_net_amount < 0.95 * shares.total_net_amount then 'B'
            else 'C'
        end as abc_class,
        case
            when 4 * variation.spread <= variation.sold_quantity * variation.sold_quantity
                then 'X'
            when variation.spread <= variation.sold_quantity * variation.sold_quantity then 'Y'
            when variation.spread is not null then 'Z'
        end as xyz_class,
        fct_inventory_daily.closing_quantity as quantity_on_hand,
        fct_inventory_daily.unit_cost,
        fct_inventory_daily.stock_value,
        coalesce(recent.sold_quantity, 0) as recent_sold_quantity,
        coalesce(recent.stock_out_days, 0) as recent_stock_out_days,
        cast(
            round(
                cast(recent.sold_quantity as {{ type_money() }})
                / nullif(recent.day_count - recent.stock_out_days, 0), 4
            ) as {{ type_money() }}
        ) as average_daily_quantity,
        coalesce(yearly.sold_quantity, 0) as year_sold_quantity,
        cast(
            round(cast(yearly.quantity_days as {{ type_money() }}) / yearly.day_count, 4)
            as {{ type_money() }}
        ) as year_average_quantity,
        coalesce(shares.net_amount, 0) as year_net_amount,
        variation.demand_variation,
        stg_oltp__stock_levels.reorder_point,
        ceil(
            variation.lead_demand
            + round({{ var('service_level_factor') }} * variation.lead_deviation, 4)
        ) as suggested_reorder_point
    from fct_inventory_daily
    left join recent
        on
            fct_inventory_daily.warehouse_id = recent.warehouse_id
            and fct_inventory_daily.sku = recent.sku
    left join yearly
        on
            fct_inventory_daily.warehouse_id = yearly.warehouse_id
            and fct_inventory_daily.sku = yearly.sku
    left join variation
        on
            fct_inventory_daily.warehouse_id = variation.warehouse_id
            and fct_inventory_daily.sku = variation.sku
    left join shares
        on fct_inventory_daily.sku = shares.sku
    left join stg_oltp__stock_levels
        on
            fct_inventory_daily.warehouse_id = stg_oltp__stock_levels.warehouse_id
            and fct_inventory_daily.sku = stg_oltp__stock_levels.sku
),

final as (
    select
        product_key,
        warehouse_id,
        sku,
        cast(abc_class as varchar(1)) as abc_class,
        cast(xyz_class as varchar(1)) as xyz_class,
        quantity_on_hand,
        unit_cost,
        stock_value,
        cast(recent_sold_quantity as {{ dbt.type_bigint() }}) as recent_sold_quantity,
        cast(recent_stock_out_days as {{ dbt.type_int() }}) as recent_stock_out_days,
        average_daily_quantity,
        cast(
            round(
                cast(
                    case when quantity_on_hand > 0 then quantity_on_hand else 0 end
                    as {{ type_money() }}
                ) / case when average_daily_quantity > 0 then average_daily_quantity end, 2
            ) as decimal(18, 2)
        ) as days_of_cover,
        cast(
            round(
                cast(recent_sold_quantity as {{ type_money() }})
                / case
                    when quantity_on_hand > 0 and recent_sold_quantity > 0
                        then recent_sold_quantity + quantity_on_hand
                    when recent_sold_quantity > 0 then recent_sold_quantity
                    when quantity_on_hand > 0 then quantity_on_hand
                end, 8
            ) as {{ type_rate() }}
        ) as sell_through_rate,
        cast(year_sold_quantity as {{ dbt.type_bigint() }}) as year_sold_quantity,
        year_average_quantity,
        cast(
            round(
                cast(year_sold_quantity as {{ type_money() }})
                / case when year_average_quantity > 0 then year_average_quantity end, 4
            ) as {{ type_money() }}
        ) as turnover_rate,
        cast(year_net_amount as {{ type_money() }}) as year_net_amount,
        demand_variation,
        reorder_point,
        cast(suggested_reorder_point as {{ dbt.type_bigint() }}) as suggested_reorder_point,
        case
            when quantity_on_hand <= suggested_reorder_point then {{ bool_true() }}
            else {{ bool_false() }}
        end as is_to_reorder,
        {{ as_of_date() }} as as_of_date
    from joined
)

select * from final
