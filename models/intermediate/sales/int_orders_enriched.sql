with stg_oltp__orders as (
    select * from {{ ref('stg_oltp__orders') }}
    {{ where_changed('order_id') }}
),

dim_customers as (
    select * from {{ ref('dim_customers') }}
),

int_exchange_rates_daily as (
    select * from {{ ref('int_exchange_rates_daily') }}
),

dim_countries as (
    select * from {{ ref('dim_countries') }}
),

int_time_zone_years as (
    select * from {{ ref('int_time_zone_years') }}
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
        {{ date_of('ordered_at') }} as order_date_utc,
        ordered_at,
        cancelled_at
    from stg_oltp__orders
),

final as (
    select
        coalesce(dim_customers.customer_key, {{ unknown_key() }}) as customer_key,
        dated.order_id,
        dated.customer_id,
        dated.promotion_id,
        dated.order_number,
        dated.channel,
        dated.order_status,
        dated.country_code,
        dated.currency_code,
        dated.shipping_amount_local,
        dated.total_amount_local,
        int_exchange_rates_daily.rate_to_reporting,
        dated.is_cancelled,
        {{ date_of(timestamp_add_minutes(
            'dated.ordered_at', 'coalesce(int_time_zone_years.offset_minutes, 0)'
        )) }} as order_date,
        dated.order_date_utc,
        dated.ordered_at,
        dated.cancelled_at
    from dated
    left join dim_customers
        on
            dated.customer_id = dim_customers.customer_id
            and dated.ordered_at >= dim_customers.effective_from
            and dated.ordered_at < dim_customers.effective_to
    left join int_exchange_rates_daily
        on
            dated.currency_code = int_exchange_rates_daily.currency_code
            and dated.order_date_utc = int_exchange_rates_daily.rate_date
    left join dim_countries
        on dated.country_code = dim_countries.country_code
    left join int_time_zone_years
        on
            dim_countries.time_zone = int_time_zone_years.time_zone
            and {{ year_of('dated.ordered_at') }} = int_time_zone_years.utc_year
            and dated.ordered_at >= int_time_zone_years.valid_from
            and dated.ordered_at < int_time_zone_years.valid_to
)

select * from final
