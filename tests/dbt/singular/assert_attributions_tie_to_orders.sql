-- Every model gives away what each order brought in, to the last digit: in weights, exactly 1.
with attributed as (
    select
        order_id,
        sum(first_touch_weight) as first_touch_weight,
        sum(last_touch_weight) as last_touch_weight,
        sum(linear_weight) as linear_weight,
        sum(time_decay_weight) as time_decay_weight,
        sum(position_based_weight) as position_based_weight,
        sum(first_touch_amount) as first_touch_amount,
        sum(last_touch_amount) as last_touch_amount,
        sum(linear_amount) as linear_amount,
        sum(time_decay_amount) as time_decay_amount,
        sum(position_based_amount) as position_based_amount
    from {{ ref('fct_attributions') }}
    group by order_id
)

select
    orders.order_id,
    orders.net_amount,
    attributed.order_id as attributed_order_id
from {{ ref('fct_orders') }} as orders
full outer join attributed
    on orders.order_id = attributed.order_id
where
    orders.order_id is null
    or attributed.order_id is null
    or attributed.first_touch_weight <> 1
    or attributed.last_touch_weight <> 1
    or attributed.linear_weight <> 1
    or attributed.time_decay_weight <> 1
    or attributed.position_based_weight <> 1
    or attributed.first_touch_amount <> orders.net_amount
    or attributed.last_touch_amount <> orders.net_amount
    or attributed.linear_amount <> orders.net_amount
    or attributed.time_decay_amount <> orders.net_amount
    or attributed.position_based_amount <> orders.net_amount
