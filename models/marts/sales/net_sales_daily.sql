with int_sales_daily as (
    select * from {{ ref('int_sales_daily') }}
),

fct_returns as (
    select * from {{ ref('fct_returns') }}
),

-- A return of no sale that we have takes nothing off sales, and a rejected one takes nothing off.
returns_of_sales as (
    select
        country_code,
        returned_net_amount,
        order_date,
        case when is_refunded = {{ bool_true() }} then refunded_date end as refunded_date
    from fct_returns
    where
        is_matched = {{ bool_true() }}
        and return_status <> 'rejected'
),

sides as (
    select
        country_code,
        net_amount,
        0 as returned_by_order_day,
        0 as returned_by_refund_day,
        0 as pending_return_amount,
        0 as unmatched_refund_amount,
        order_date as calendar_date
    from int_sales_daily
    union all
    select
        country_code,
        0 as net_amount,
        case when refunded_date is not null then returned_net_amount else 0 end
            as returned_by_order_day,
        0 as returned_by_refund_day,
        case when refunded_date is null then returned_net_amount else 0 end
            as pending_return_amount,
        0 as unmatched_refund_amount,
        order_date as calendar_date
    from returns_of_sales
    union all
    select
        country_code,
        0 as net_amount,
        0 as returned_by_order_day,
        returned_net_amount as returned_by_refund_day,
        0 as pending_return_amount,
        0 as unmatched_refund_amount,
        refunded_date as calendar_date
    from returns_of_sales
    where refunded_date is not null
    union all
    select
        country_code,
        0 as net_amount,
        0 as returned_by_order_day,
        0 as returned_by_refund_day,
        0 as pending_return_amount,
        refund_amount as unmatched_refund_amount,
        refunded_date as calendar_date
    from fct_returns
    where
        is_matched = {{ bool_false() }}
        and is_refunded = {{ bool_true() }}
        and refunded_date is not null
),

-- A line of no units has no amount to give back, and a currency without a rate none to convert.
days as (
    select
        country_code,
        coalesce(sum(net_amount), 0) as net_amount,
        coalesce(sum(returned_by_order_day), 0) as returned_by_order_day,
        coalesce(sum(returned_by_refund_day), 0) as returned_by_refund_day,
        coalesce(sum(pending_return_amount), 0) as pending_return_amount,
        coalesce(sum(unmatched_refund_amount), 0) as unmatched_refund_amount,
        calendar_date
    from sides
    group by country_code, calendar_date
),

final as (
    select
        country_code,
        cast(net_amount as {{ type_money() }}) as net_amount,
        cast(returned_by_order_day as {{ type_money() }}) as returned_by_order_day,
        cast(returned_by_refund_day as {{ type_money() }}) as returned_by_refund_day,
        cast(net_amount - returned_by_order_day as {{ type_money() }})
            as net_sales_by_order_day,
        cast(net_amount - returned_by_refund_day as {{ type_money() }})
            as net_sales_by_refund_day,
        cast(
            sum(returned_by_order_day - returned_by_refund_day) over (
                partition by country_code
                order by calendar_date
                rows between unbounded preceding and current row
            ) as {{ type_money() }}
        ) as refunded_later_amount,
        cast(pending_return_amount as {{ type_money() }}) as pending_return_amount,
        cast(unmatched_refund_amount as {{ type_money() }}) as unmatched_refund_amount,
        calendar_date
    from days
)

select * from final
