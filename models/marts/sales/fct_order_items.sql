with stg_oltp__order_items as (
    select * from {{ ref('stg_oltp__order_items') }}
    {{ where_changed('order_item_id') }}
),

int_orders_enriched as (
    select * from {{ ref('int_orders_enriched') }}
),

stg_oltp__shipments as (
    select * from {{ ref('stg_oltp__shipments') }}
),

dim_products as (
    select * from {{ ref('dim_products') }}
),

int_exchange_rates_daily as (
    select * from {{ ref('int_exchange_rates_daily') }}
),

priced as (
    select
        stg_oltp__order_items.*,
        cast(quantity * unit_price as {{ type_money() }}) as gross_amount,
        cast(quantity * unit_price - discount_amount as {{ type_money() }}) as net_amount
    from stg_oltp__order_items
),

joined as (
    select
        coalesce(dim_products.product_key, {{ unknown_key() }}) as product_key,
        int_orders_enriched.customer_key,
        coalesce(dim_products.category_key, {{ unknown_key() }}) as category_key,
        priced.order_item_id,
        priced.order_id,
        int_orders_enriched.customer_id,
        int_orders_enriched.promotion_id,
        priced.shipment_id,
        stg_oltp__shipments.warehouse_id,
        priced.sku,
        int_orders_enriched.channel,
        int_orders_enriched.order_status,
        int_orders_enriched.country_code,
        priced.currency_code,
        priced.line_number,
        priced.quantity,
        priced.unit_price as unit_price_local,
        priced.gross_amount as gross_amount_local,
        priced.discount_amount as discount_amount_local,
        priced.net_amount as net_amount_local,
        priced.tax_rate,
        priced.tax_amount as tax_amount_local,
        sale_rates.rate_to_reporting,
        dim_products.unit_cost_local,
        cost_rates.rate_to_reporting as cost_rate_to_reporting,
        int_orders_enriched.is_cancelled,
        int_orders_enriched.order_date,
        int_orders_enriched.order_date_utc,
        int_orders_enriched.ordered_at
    from priced
    inner join int_orders_enriched
        on priced.order_id = int_orders_enriched.order_id
    left join stg_oltp__shipments
        on priced.shipment_id = stg_oltp__shipments.shipment_id
    left join dim_products
        on
            priced.sku = dim_products.sku
            and int_orders_enriched.ordered_at >= dim_products.effective_from
            and int_orders_enriched.ordered_at < dim_products.effective_to
    left join int_exchange_rates_daily as sale_rates
        on
            priced.currency_code = sale_rates.currency_code
            and int_orders_enriched.order_date_utc = sale_rates.rate_date
    left join int_exchange_rates_daily as cost_rates
        on
            dim_products.cost_currency_code = cost_rates.currency_code
            and int_orders_enriched.order_date_utc = cost_rates.rate_date
),

converted as (
    select
        joined.*,
        {{ in_reporting_currency('gross_amount_local', 'rate_to_reporting') }} as gross_amount,
        {{ in_reporting_currency('discount_amount_local', 'rate_to_reporting') }}
            as discount_amount,
        {{ in_reporting_currency('net_amount_local', 'rate_to_reporting') }} as net_amount,
        {{ in_reporting_currency('tax_amount_local', 'rate_to_reporting') }} as tax_amount,
        {{ in_reporting_currency('unit_cost_local', 'cost_rate_to_reporting') }} as unit_cost,
        {{ in_reporting_currency('quantity * unit_cost_local', 'cost_rate_to_reporting') }}
            as cost_amount
    from joined
),

final as (
    select
        product_key,
        customer_key,
        category_key,
        order_item_id,
        order_id,
        customer_id,
        promotion_id,
        shipment_id,
        warehouse_id,
        sku,
        channel,
        order_status,
        country_code,
        currency_code,
        line_number,
        quantity,
        unit_price_local,
        gross_amount_local,
        discount_amount_local,
        net_amount_local,
        tax_rate,
        tax_amount_local,
        rate_to_reporting,
        gross_amount,
        discount_amount,
        net_amount,
        tax_amount,
        unit_cost,
        cost_amount,
        cast(net_amount - cost_amount as {{ type_money() }}) as margin_amount,
        is_cancelled,
        order_date,
        order_date_utc,
        ordered_at
    from converted
)

select * from final
