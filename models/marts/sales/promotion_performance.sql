{%- set baseline_days = 28 -%}

with dim_promotions as (
    select * from {{ ref('dim_promotions') }}
),

fct_orders as (
    select * from {{ ref('fct_orders') }}
    where
        promotion_id is not null
        and is_cancelled = {{ bool_false() }}
),

int_sales_daily as (
    select * from {{ ref('int_sales_daily') }}
),

dim_dates as (
    select * from {{ ref('dim_dates') }}
),

used as (
    select
        promotion_id,
        count(*) as order_count,
        sum(case when is_first_order = {{ bool_true() }} then 1 else 0 end) as new_customer_count,
        sum(quantity) as quantity,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(net_amount) as net_amount,
        sum(margin_amount) as margin_amount
    from fct_orders
    group by promotion_id
),

shop_days as (
    select
        order_date,
        sum(net_amount) as net_amount,
        sum(margin_amount) as margin_amount
    from int_sales_daily
    group by order_date
),

-- A day without a sale counts as one, but not before the shop's first: then it was not open.
trading_days as (
    select
        dim_dates.date_day,
        dim_dates.iso_day_of_week,
        cast(coalesce(shop_days.net_amount, 0) as {{ type_money() }}) as net_amount,
        cast(coalesce(shop_days.margin_amount, 0) as {{ type_money() }}) as margin_amount
    from dim_dates
    left join shop_days
        on dim_dates.date_day = shop_days.order_date
    where
        dim_dates.date_day >= (select min(opened.order_date) from shop_days as opened)
        and dim_dates.date_day < {{ as_of_date() }}
),

-- It ends before `ends_at`: one that ends at midnight does not run on that day.
spans as (
    select
        promotion_id,
        {{ date_of('starts_at') }} as first_date,
        case
            when ends_at = cast({{ date_of('ends_at') }} as timestamp)
                then {{ date_add_days(date_of('ends_at'), -1) }}
            else {{ date_of('ends_at') }}
        end as last_date
    from dim_promotions
),

promotion_days as (
    select
        spans.promotion_id,
        trading_days.date_day,
        trading_days.iso_day_of_week,
        trading_days.net_amount,
        trading_days.margin_amount
    from spans
    inner join trading_days
        on
            spans.first_date <= trading_days.date_day
            and spans.last_date >= trading_days.date_day
),

-- Another promotion on that day spoils the comparison, unless it ran through all of it, before and
-- during alike.
spoilt_days as (
    select distinct
        spans.promotion_id,
        trading_days.date_day
    from spans
    inner join trading_days
        on
            {{ date_add_days('spans.first_date', -baseline_days) }} <= trading_days.date_day
            and spans.first_date > trading_days.date_day
    inner join spans as other_spans
        on
            spans.promotion_id <> other_spans.promotion_id
            and trading_days.date_day >= other_spans.first_date
            and trading_days.date_day <= other_spans.last_date
    where
        other_spans.first_date > {{ date_add_days('spans.first_date', -baseline_days) }}
        or other_spans.last_date < spans.last_date
),

baselines as (
    select
        spans.promotion_id,
        trading_days.iso_day_of_week,
        cast(round(1.0 * sum(trading_days.net_amount) / count(*), 4) as {{ type_money() }})
            as net_amount,
        cast(round(1.0 * sum(trading_days.margin_amount) / count(*), 4) as {{ type_money() }})
            as margin_amount
    from spans
    inner join trading_days
        on
            {{ date_add_days('spans.first_date', -baseline_days) }} <= trading_days.date_day
            and spans.first_date > trading_days.date_day
    left join spoilt_days
        on
            spans.promotion_id = spoilt_days.promotion_id
            and trading_days.date_day = spoilt_days.date_day
    where spoilt_days.promotion_id is null
    group by spans.promotion_id, trading_days.iso_day_of_week
),

compared as (
    select
        promotion_days.promotion_id,
        count(*) as day_count,
        count(baselines.promotion_id) as compared_day_count,
        sum(baselines.net_amount) as baseline_net_amount,
        sum(baselines.margin_amount) as baseline_margin_amount,
        sum(case when baselines.promotion_id is not null then promotion_days.net_amount end)
            as shop_net_amount,
        sum(case when baselines.promotion_id is not null then promotion_days.margin_amount end)
            as shop_margin_amount
    from promotion_days
    left join baselines
        on
            promotion_days.promotion_id = baselines.promotion_id
            and promotion_days.iso_day_of_week = baselines.iso_day_of_week
    group by promotion_days.promotion_id
),

final as (
    select
        dim_promotions.promotion_id,
        dim_promotions.promotion_code,
        dim_promotions.promotion_name,
        dim_promotions.promotion_type,
        cast(coalesce(used.order_count, 0) as {{ dbt.type_bigint() }}) as order_count,
        cast(coalesce(used.new_customer_count, 0) as {{ dbt.type_bigint() }})
            as new_customer_count,
        cast(coalesce(used.quantity, 0) as {{ dbt.type_bigint() }}) as quantity,
        cast(coalesce(used.gross_amount, 0) as {{ type_money() }}) as gross_amount,
        cast(coalesce(used.discount_amount, 0) as {{ type_money() }}) as discount_amount,
        cast(coalesce(used.net_amount, 0) as {{ type_money() }}) as net_amount,
        cast(used.margin_amount as {{ type_money() }}) as margin_amount,
        {{ rate_of('used.discount_amount', 'used.gross_amount') }} as discount_rate,
        cast(coalesce(compared.day_count, 0) as {{ dbt.type_int() }}) as day_count,
        cast(coalesce(compared.compared_day_count, 0) as {{ dbt.type_int() }})
            as compared_day_count,
        cast(compared.shop_net_amount as {{ type_money() }}) as shop_net_amount,
        cast(compared.baseline_net_amount as {{ type_money() }}) as baseline_net_amount,
        cast(compared.shop_net_amount - compared.baseline_net_amount as {{ type_money() }})
            as uplift_net_amount,
        cast(compared.shop_margin_amount - compared.baseline_margin_amount as {{ type_money() }})
            as uplift_margin_amount,
        {{ rate_of(
            'compared.shop_net_amount - compared.baseline_net_amount',
            'compared.baseline_net_amount',
        ) }} as uplift_rate,
        spans.first_date,
        spans.last_date
    from dim_promotions
    inner join spans
        on dim_promotions.promotion_id = spans.promotion_id
    left join used
        on dim_promotions.promotion_id = used.promotion_id
    left join compared
        on dim_promotions.promotion_id = compared.promotion_id
)

select * from final
