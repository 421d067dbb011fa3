{%- set through = loaded_through('fct_order_items') -%}

with stg_oltp__shipments as (
    select * from {{ ref('stg_oltp__shipments') }}
),

enriched_orders_changed as (
    {{ changes_in('int_orders_enriched', 'fct_order_items') }}
),

dim_products as (
    {{ changes_in('dim_products', 'fct_order_items') }}
),

int_exchange_rates_daily as (
    {{ changes_in('int_exchange_rates_daily', 'fct_order_items') }}
),

product_spans as (
    {{ changed_product_spans('dim_products') }}
),

-- Of a day's rates, the one of the order's currency counts, and that of the cost.
orders_changed as (
    select order_id from enriched_orders_changed
    union
    select int_orders_enriched.order_id
    from {{ ref('int_orders_enriched') }} as int_orders_enriched
    inner join int_exchange_rates_daily
        on int_orders_enriched.order_date_utc = int_exchange_rates_daily.rate_date
),

shipments_changed as (
    select shipment_id
    from stg_oltp__shipments
    where loaded_at > {{ through }}
    union
    select cast(row_key as bigint) as shipment_id
    from {{ ref('stg_oltp__deletions') }}
    where
        table_name = 'shipments'
        and loaded_at > {{ through }}
),

final as (
    select order_item_id
    from {{ ref('stg_oltp__order_items') }}
    where loaded_at > {{ through }}
    union
    select cast(row_key as bigint) as order_item_id
    from {{ ref('stg_oltp__deletions') }}
    where
        table_name = 'order_items'
        and loaded_at > {{ through }}
    union
    select stg_oltp__order_items.order_item_id
    from {{ ref('stg_oltp__order_items') }} as stg_oltp__order_items
    inner join orders_changed
        on stg_oltp__order_items.order_id = orders_changed.order_id
    union
    select stg_oltp__order_items.order_item_id
    from {{ ref('stg_oltp__order_items') }} as stg_oltp__order_items
    inner join shipments_changed
        on stg_oltp__order_items.shipment_id = shipments_changed.shipment_id
    union
    select stg_oltp__order_items.order_item_id
    from {{ ref('stg_oltp__order_items') }} as stg_oltp__order_items
    inner join product_spans
        on stg_oltp__order_items.sku = product_spans.sku
    inner join {{ ref('int_orders_enriched') }} as int_orders_enriched
        on
            stg_oltp__order_items.order_id = int_orders_enriched.order_id
            and product_spans.changed_from <= int_orders_enriched.ordered_at
            and product_spans.changed_to > int_orders_enriched.ordered_at
)

select * from final
