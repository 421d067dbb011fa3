{%- set through = loaded_through('fct_inventory_movements') -%}

with stg_oltp__deletions as (
    select * from {{ ref('stg_oltp__deletions') }}
),

dim_products as (
    {{ changes_in('dim_products', 'fct_inventory_movements') }}
),

int_exchange_rates_daily as (
    {{ changes_in('int_exchange_rates_daily', 'fct_inventory_movements') }}
),

product_spans as (
    {{ changed_product_spans('dim_products') }}
),

final as (
    select movement_id
    from {{ ref('stg_oltp__inventory_movements') }}
    where loaded_at > {{ through }}
    union
    select cast(row_key as bigint) as movement_id
    from stg_oltp__deletions
    where
        table_name = 'inventory_movements'
        and loaded_at > {{ through }}
    union
    select stg_oltp__inventory_movements.movement_id
    from {{ ref('stg_oltp__inventory_movements') }} as stg_oltp__inventory_movements
    inner join product_spans
        on
            stg_oltp__inventory_movements.sku = product_spans.sku
            and stg_oltp__inventory_movements.occurred_at >= product_spans.changed_from
            and stg_oltp__inventory_movements.occurred_at < product_spans.changed_to
    union
    -- The rate is that of the cost's currency, which only the product knows.
    select stg_oltp__inventory_movements.movement_id
    from {{ ref('stg_oltp__inventory_movements') }} as stg_oltp__inventory_movements
    inner join int_exchange_rates_daily
        on
            {{ date_of('stg_oltp__inventory_movements.occurred_at') }}
            = int_exchange_rates_daily.rate_date
)

select * from final
