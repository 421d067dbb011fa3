with stg_oltp__orders as (
    select * from {{ ref('stg_oltp__orders') }}
),

dim_customers as (
    select * from {{ ref('dim_customers') }}
),

int_exchange_rates_daily as (
    select * from {{ ref('int_exchange_rates_daily') }}
),

dated as (
    select
        order_id,
        customer_id,
        promotion_id,
        order_number,
        channel,
        order_status,
        shipping_country_code as country_code,
        currency_code,
        shipping_amount as shipping_amount_local,
        total_amount as total_amount_local,
        case
            when order_status = 'cancelled' then {{ bool_true() }} else {{ bool_false() }}
        end as is_cancelled,
        {{ date_of('ordered_at') }} as order_date,
        ordered_at,
        cancelled_at
    from stg_oltp__orders
),

-- A cancelled order is no purchase, so it neither is the first nor takes that place.
numbered as (
    select
        dated.*,
        row_number() over (
            partition by customer_id, is_cancelled
            order by ordered_at, order_id
        ) as order_sequence
    from dated
),

final as (
    select
        coalesce(dim_customers.customer_key, {{ unknown_key() }}) as customer_key,
        numbered.order_id,
        numbered.customer_id,
        numbered.promotion_id,
        numbered.order_number,
        numbered.channel,
        numbered.order_status,
        numbered.country_code,
        numbered.currency_code,
        numbered.shipping_amount_local,
        numbered.total_amount_local,
        int_exchange_rates_daily.rate_to_reporting,
        numbered.is_cancelled,
        case
            when
                numbered.customer_id is not null
                and numbered.is_cancelled = {{ bool_false() }}
                and numbered.order_sequence = 1
                then {{ bool_true() }}
            else {{ bool_false() }}
        end as is_first_order,
        numbered.order_date,
        numbered.ordered_at,
        numbered.cancelled_at
    from numbered
    left join dim_customers
        on
            numbered.customer_id = dim_customers.customer_id
            and numbered.ordered_at >= dim_customers.effective_from
            and numbered.ordered_at < dim_customers.effective_to
    left join int_exchange_rates_daily
        on
            numbered.currency_code = int_exchange_rates_daily.currency_code
            and numbered.order_date = int_exchange_rates_daily.rate_date
)

select * from final
