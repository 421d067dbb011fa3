-- The day's sales are the same, read live and as fct_orders was built.
with both_sides as (
    select
        channel,
        country_code,
        order_count,
        line_count,
        gross_amount,
        discount_amount,
        net_amount,
        tax_amount,
        shipping_amount
    from {{ ref('live_sales_by_channel_country') }}
    union all
    select
        channel,
        country_code,
        -1 as order_count,
        -line_count as line_count,
        -gross_amount as gross_amount,
        -discount_amount as discount_amount,
        -net_amount as net_amount,
        -tax_amount as tax_amount,
        -shipping_amount as shipping_amount
    from {{ ref('fct_orders') }}
    where
        order_date = {{ current_date_utc() }}
        and is_cancelled = {{ bool_false() }}
)

select
    channel,
    country_code,
    sum(order_count) as order_difference,
    sum(line_count) as line_difference,
    sum(gross_amount) as gross_difference,
    sum(discount_amount) as discount_difference,
    sum(net_amount) as net_difference,
    sum(tax_amount) as tax_difference,
    sum(shipping_amount) as shipping_difference
from both_sides
group by channel, country_code
having
    sum(order_count) <> 0
    or sum(line_count) <> 0
    or sum(gross_amount) <> 0
    or sum(discount_amount) <> 0
    or sum(net_amount) <> 0
    or sum(tax_amount) <> 0
    or sum(shipping_amount) <> 0
