-- Each product and warehouse has one row a day, and each day opens with what the day before closed.
with days as (
    select
        warehouse_id,
        sku,
        stock_date,
        opening_quantity,
        lag(stock_date) over (
            partition by warehouse_id, sku
            order by stock_date
        ) as previous_date,
        lag(closing_quantity) over (
            partition by warehouse_id, sku
            order by stock_date
        ) as previous_closing_quantity
    from {{ ref('fct_inventory_daily') }}
)

select
    warehouse_id,
    sku,
    stock_date,
    previous_date,
    opening_quantity,
    previous_closing_quantity
from days
where
    opening_quantity <> coalesce(previous_closing_quantity, 0)
    or {{ date_add_days('previous_date', 1) }} <> stock_date
