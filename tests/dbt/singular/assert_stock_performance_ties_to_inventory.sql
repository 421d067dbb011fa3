-- Units, value and a year's sales of each warehouse are those of the facts below.
with both_sides as (
    select
        warehouse_id,
        1 as article_count,
        quantity_on_hand,
        stock_value,
        year_sold_quantity
    from {{ ref('stock_performance') }}
    union all
    select
        warehouse_id,
        -1 as article_count,
        -closing_quantity as quantity_on_hand,
        -stock_value as stock_value,
        0 as year_sold_quantity
    from {{ ref('fct_inventory_daily') }}
    where is_latest_day = {{ bool_true() }}
    union all
    select
        warehouse_id,
        0 as article_count,
        0 as quantity_on_hand,
        0 as stock_value,
        quantity as year_sold_quantity
    from {{ ref('fct_inventory_movements') }}
    where
        movement_type = 'sale'
        and movement_date >= {{ date_add_days(as_of_date(), -365) }}
        and movement_date < {{ as_of_date() }}
)

select
    warehouse_id,
    sum(article_count) as article_difference,
    sum(quantity_on_hand) as quantity_difference,
    sum(stock_value) as value_difference,
    sum(year_sold_quantity) as sold_difference
from both_sides
group by warehouse_id
having
    sum(article_count) <> 0
    or sum(quantity_on_hand) <> 0
    or sum(stock_value) <> 0
    or sum(year_sold_quantity) <> 0
