-- Both sides come to the same in total, which is sales less refunded returns; and what is open on a
-- day is what was sold until then and refunded later, counted from the returns themselves.
with refunded as (
    select
        country_code,
        returned_net_amount,
        order_date,
        refunded_date
    from {{ ref('fct_returns') }}
    where
        is_matched = {{ bool_true() }}
        and is_refunded = {{ bool_true() }}
        and refunded_date is not null
),

totals as (
    select
        coalesce(sum(net_sales_by_order_day), 0) as by_order_day,
        coalesce(sum(net_sales_by_refund_day), 0) as by_refund_day
    from {{ ref('net_sales_daily') }}
),

sold as (
    select coalesce(sum(net_amount), 0) as net_amount
    from {{ ref('fct_order_items') }}
    where is_cancelled = {{ bool_false() }}
),

returned as (
    select coalesce(sum(returned_net_amount), 0) as net_amount
    from refunded
),

middle as (
    select
        country_code,
        max(calendar_date) as calendar_date
    from {{ ref('net_sales_daily') }}
    where calendar_date < {{ date_add_days(as_of_date(), -30) }}
    group by country_code
),

open_then as (
    select
        middle.country_code,
        middle.calendar_date,
        coalesce(
            sum(
                case
                    when
                        refunded.order_date <= middle.calendar_date
                        and refunded.refunded_date > middle.calendar_date
                        then refunded.returned_net_amount
                    when
                        refunded.order_date > middle.calendar_date
                        and refunded.refunded_date <= middle.calendar_date
                        then -refunded.returned_net_amount
                end
            ), 0
        ) as refunded_later_amount
    from middle
    left join refunded
        on middle.country_code = refunded.country_code
    group by middle.country_code, middle.calendar_date
)

select
    'total' as what_differs,
    totals.by_order_day as amount,
    sold.net_amount - returned.net_amount as expected_amount
from totals
cross join sold
cross join returned
where
    totals.by_order_day <> totals.by_refund_day
    or totals.by_order_day <> sold.net_amount - returned.net_amount
union all
select
    'open difference of ' || open_then.country_code as what_differs,
    net_sales_daily.refunded_later_amount as amount,
    open_then.refunded_later_amount as expected_amount
from open_then
inner join {{ ref('net_sales_daily') }} as net_sales_daily
    on
        open_then.country_code = net_sales_daily.country_code
        and open_then.calendar_date = net_sales_daily.calendar_date
where net_sales_daily.refunded_later_amount <> open_then.refunded_later_amount
