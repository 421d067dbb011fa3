-- Every order that used a promotion, and was not cancelled, counts under it once.
with counted as (
    select
        coalesce(sum(order_count), 0) as order_count,
        coalesce(sum(net_amount), 0) as net_amount,
        coalesce(sum(discount_amount), 0) as discount_amount
    from {{ ref('promotion_performance') }}
),

expected as (
    select
        count(*) as order_count,
        coalesce(sum(net_amount), 0) as net_amount,
        coalesce(sum(discount_amount), 0) as discount_amount
    from {{ ref('fct_orders') }}
    where
        promotion_id is not null
        and is_cancelled = {{ bool_false() }}
)

select
    counted.order_count,
    expected.order_count as expected_order_count,
    counted.net_amount,
    expected.net_amount as expected_net_amount
from counted
cross join expected
where
    counted.order_count <> expected.order_count
    or counted.net_amount <> expected.net_amount
    or counted.discount_amount <> expected.discount_amount
