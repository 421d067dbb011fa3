{%- set through = loaded_through('int_orders_enriched') -%}

with stg_oltp__deletions as (
    select * from {{ ref('stg_oltp__deletions') }}
),

dim_customers as (
    {{ changes_in('dim_customers', 'int_orders_enriched') }}
),

int_exchange_rates_daily as (
    {{ changes_in('int_exchange_rates_daily', 'int_orders_enriched') }}
),

final as (
    select order_id
    from {{ ref('stg_oltp__orders') }}
    where loaded_at > {{ through }}
    union
    select cast(row_key as bigint) as order_id
    from stg_oltp__deletions
    where
        table_name = 'orders'
        and loaded_at > {{ through }}
    union
    select stg_oltp__orders.order_id
    from {{ ref('stg_oltp__orders') }} as stg_oltp__orders
    inner join dim_customers
        on stg_oltp__orders.customer_id = dim_customers.customer_id
    union
    select stg_oltp__orders.order_id
    from {{ ref('stg_oltp__orders') }} as stg_oltp__orders
    inner join int_exchange_rates_daily
        on
            {{ date_of('stg_oltp__orders.ordered_at') }} = int_exchange_rates_daily.rate_date
            and stg_oltp__orders.currency_code = int_exchange_rates_daily.currency_code
)

select * from final
