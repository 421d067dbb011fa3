{%- set through = loaded_through('fct_returns') -%}

with stg_oltp__deletions as (
    select * from {{ ref('stg_oltp__deletions') }}
),

fct_order_items as (
    {{ changes_in('fct_order_items', 'fct_returns') }}
),

dim_customers as (
    {{ changes_in('dim_customers', 'fct_returns') }}
),

dim_products as (
    {{ changes_in('dim_products', 'fct_returns') }}
),

int_exchange_rates_daily as (
    {{ changes_in('int_exchange_rates_daily', 'fct_returns') }}
),

product_spans as (
    {{ changed_product_spans('dim_products') }}
),

final as (
    select return_id
    from {{ ref('stg_oltp__returns') }}
    where loaded_at > {{ through }}
    union
    select cast(row_key as bigint) as return_id
    from stg_oltp__deletions
    where
        table_name = 'returns'
        and loaded_at > {{ through }}
    union
    select stg_oltp__returns.return_id
    from {{ ref('stg_oltp__returns') }} as stg_oltp__returns
    inner join fct_order_items
        on stg_oltp__returns.order_item_id = fct_order_items.order_item_id
    union
    select stg_oltp__returns.return_id
    from {{ ref('stg_oltp__returns') }} as stg_oltp__returns
    inner join dim_customers
        on stg_oltp__returns.customer_id = dim_customers.customer_id
    union
    select stg_oltp__returns.return_id
    from {{ ref('stg_oltp__returns') }} as stg_oltp__returns
    inner join product_spans
        on
            stg_oltp__returns.sku = product_spans.sku
            and stg_oltp__returns.requested_at >= product_spans.changed_from
            and stg_oltp__returns.requested_at < product_spans.changed_to
    union
    select stg_oltp__returns.return_id
    from {{ ref('stg_oltp__returns') }} as stg_oltp__returns
    inner join int_exchange_rates_daily
        on
            {{ date_of('coalesce(stg_oltp__returns.refunded_at, stg_oltp__returns.requested_at)') }}
            = int_exchange_rates_daily.rate_date
            and stg_oltp__returns.currency_code = int_exchange_rates_daily.currency_code
)

select * from final
