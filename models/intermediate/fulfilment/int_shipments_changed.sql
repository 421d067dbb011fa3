{%- set through = loaded_through('fct_shipments') -%}
{%- set last_moment = last_as_of('fct_shipments') -%}
{%- set this_moment = this_as_of('fct_shipments') -%}

with stg_oltp__deletions as (
    select * from {{ ref('stg_oltp__deletions') }}
),

int_orders_enriched as (
    {{ changes_in('int_orders_enriched', 'fct_shipments') }}
),

fct_order_items as (
    {{ changes_in('fct_order_items', 'fct_shipments') }}
),

final as (
    select shipment_id
    from {{ ref('stg_oltp__shipments') }}
    where loaded_at > {{ through }}
    union
    select cast(row_key as bigint) as shipment_id
    from stg_oltp__deletions
    where
        table_name = 'shipments'
        and loaded_at > {{ through }}
    union
    select stg_oltp__shipments.shipment_id
    from {{ ref('stg_oltp__shipments') }} as stg_oltp__shipments
    inner join int_orders_enriched
        on stg_oltp__shipments.order_id = int_orders_enriched.order_id
    union
    select shipment_id
    from fct_order_items
    where shipment_id is not null
    union
    -- A promise that has passed since the last build is broken now, and nothing was loaded for it.
    select shipment_id
    from {{ ref('stg_oltp__shipments') }}
    where
        delivered_at is null
        and promised_at >= {{ last_moment }}
        and promised_at < {{ this_moment }}
    union
    -- Where the clock was set back, it is kept again.
    select shipment_id
    from {{ ref('stg_oltp__shipments') }}
    where
        delivered_at is null
        and promised_at >= {{ this_moment }}
        and promised_at < {{ last_moment }}
)

select * from final
