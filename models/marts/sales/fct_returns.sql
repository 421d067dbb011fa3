with stg_oltp__returns as (
    select * from {{ ref('stg_oltp__returns') }}
    {{ where_changed('return_id') }}
),

fct_order_items as (
    select * from {{ ref('fct_order_items') }}
),

dim_customers as (
    select * from {{ ref('dim_customers') }}
),

dim_products as (
    select * from {{ ref('dim_products') }}
),

int_exchange_rates_daily as (
    select * from {{ ref('int_exchange_rates_daily') }}
),

-- What was sold is looked up as of the sale; a return of no sale that we have, as of its request.
dated as (
    select
        stg_oltp__returns.*,
        fct_order_items.order_id,
        fct_order_items.product_key as sold_product_key,
        fct_order_items.category_key as sold_category_key,
        fct_order_items.customer_key as sold_customer_key,
        fct_order_items.channel,
        fct_order_items.quantity as sold_quantity,
        fct_order_items.net_amount_local as sold_net_amount_local,
        fct_order_items.net_amount as sold_net_amount,
        fct_order_items.order_date,
        case
            when fct_order_items.order_item_id is not null then {{ bool_true() }}
            else {{ bool_false() }}
        end as is_matched,
        case
            when stg_oltp__returns.return_status = 'refunded' then {{ bool_true() }}
            else {{ bool_false() }}
        end as is_refunded,
        {{ date_of('stg_oltp__returns.requested_at') }} as requested_date,
        {{ date_of('stg_oltp__returns.refunded_at') }} as refunded_date
    from stg_oltp__returns
    left join fct_order_items
        on stg_oltp__returns.order_item_id = fct_order_items.order_item_id
),

final as (
    select
        coalesce(dated.sold_product_key, dim_products.product_key, {{ unknown_key() }})
            as product_key,
        coalesce(dated.sold_customer_key, dim_customers.customer_key, {{ unknown_key() }})
            as customer_key,
        coalesce(dated.sold_category_key, dim_products.category_key, {{ unknown_key() }})
            as category_key,
        dated.return_id,
        dated.order_item_id,
        dated.order_id,
        dated.customer_id,
        dated.return_number,
        dated.sku,
        dated.channel,
        dated.return_reason,
        dated.return_status,
        dated.country_code,
        dated.currency_code,
        dated.quantity,
        cast(dated.refund_amount as {{ type_money() }}) as refund_amount_local,
        cast(
            round(dated.sold_net_amount_local * dated.quantity / nullif(dated.sold_quantity, 0), 4)
            as {{ type_money() }}
        ) as returned_net_amount_local,
        int_exchange_rates_daily.rate_to_reporting as refund_rate_to_reporting,
        {{ in_reporting_currency(
            'dated.refund_amount', 'int_exchange_rates_daily.rate_to_reporting'
        ) }} as refund_amount,
        cast(
            round(dated.sold_net_amount * dated.quantity / nullif(dated.sold_quantity, 0), 4)
            as {{ type_money() }}
        ) as returned_net_amount,
        dated.is_matched,
        dated.is_refunded,
        dated.order_date,
        dated.requested_date,
        dated.refunded_date,
        dated.requested_at,
        dated.refunded_at
    from dated
    left join dim_products
        on
            dated.sku = dim_products.sku
            and dated.requested_at >= dim_products.effective_from
            and dated.requested_at < dim_products.effective_to
            and dated.is_matched = {{ bool_false() }}
    left join dim_customers
        on
            dated.customer_id = dim_customers.customer_id
            and dated.requested_at >= dim_customers.effective_from
            and dated.requested_at < dim_customers.effective_to
            and dated.is_matched = {{ bool_false() }}
    left join int_exchange_rates_daily
        on
            dated.currency_code = int_exchange_rates_daily.currency_code
            and coalesce(dated.refunded_date, dated.requested_date)
            = int_exchange_rates_daily.rate_date
)

select * from final
