-- A year of all products is the year's sales, and the best and the rest add up to all of them.
with counted as (
    select
        counted_before_date,
        sum(quantity) as quantity,
        sum(net_amount) as net_amount,
        max(cumulative_sales_share) as cumulative_sales_share
    from {{ ref('product_performance') }}
    group by counted_before_date
),

expected as (
    select
        counted.counted_before_date,
        coalesce(sum(fct_order_items.quantity), 0) as quantity,
        coalesce(sum(fct_order_items.net_amount), 0) as net_amount
    from counted
    left join {{ ref('fct_order_items') }} as fct_order_items
        on
            counted.counted_before_date > fct_order_items.order_date
            and {{ date_add_days('counted.counted_before_date', -365) }}
            <= fct_order_items.order_date
            and fct_order_items.is_cancelled = {{ bool_false() }}
    group by counted.counted_before_date
)

select
    counted.quantity,
    expected.quantity as expected_quantity,
    counted.net_amount,
    expected.net_amount as expected_net_amount,
    counted.cumulative_sales_share
from counted
inner join expected
    on counted.counted_before_date = expected.counted_before_date
where
    counted.quantity <> expected.quantity
    or counted.net_amount <> expected.net_amount
    or coalesce(counted.cumulative_sales_share, 1) <> 1
