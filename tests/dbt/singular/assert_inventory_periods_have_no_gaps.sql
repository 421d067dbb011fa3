-- A period starts the day after the one before it ended, with the stock that one closed with: so
-- each product and warehouse has exactly one row a day in fct_inventory_daily.
with periods as (
    select
        warehouse_id,
        sku,
        first_date,
        last_date,
        opening_quantity,
        lag(last_date) over (
            partition by warehouse_id, sku
            order by first_date
        ) as previous_last_date,
        lag(closing_quantity) over (
            partition by warehouse_id, sku
            order by first_date
        ) as previous_closing_quantity
    from {{ ref('int_inventory_periods') }}
)

select
    warehouse_id,
    sku,
    first_date,
    last_date,
    previous_last_date,
    opening_quantity,
    previous_closing_quantity
from periods
where
    opening_quantity <> coalesce(previous_closing_quantity, 0)
    or {{ date_add_days('previous_last_date', 1) }} <> first_date
    or last_date < first_date
