with stg_oltp__inventory_movements as (
    select * from {{ ref('stg_oltp__inventory_movements') }}
    {{ where_changed('movement_id') }}
),

dim_products as (
    select * from {{ ref('dim_products') }}
),

int_exchange_rates_daily as (
    select * from {{ ref('int_exchange_rates_daily') }}
),

dated as (
    select
        stg_oltp__inventory_movements.*,
        {{ date_of('occurred_at') }} as movement_date
    from stg_oltp__inventory_movements
),

final as (
    select
        coalesce(dim_products.product_key, {{ unknown_key() }}) as product_key,
        dated.movement_id,
        dated.warehouse_id,
        dated.order_item_id,
        dated.return_id,
        dated.sku,
        dated.movement_type,
        dated.quantity,
        {{ in_reporting_currency(
            'dim_products.unit_cost_local',
            'int_exchange_rates_daily.rate_to_reporting'
        ) }} as unit_cost,
        {{ in_reporting_currency(
            'dated.quantity * dim_products.unit_cost_local',
            'int_exchange_rates_daily.rate_to_reporting'
        ) }} as cost_amount,
        dated.movement_date,
        dated.occurred_at
    from dated
    left join dim_products
        on
            dated.sku = dim_products.sku
            and dated.occurred_at >= dim_products.effective_from
            and dated.occurred_at < dim_products.effective_to
    left join int_exchange_rates_daily
        on
            dim_products.cost_currency_code = int_exchange_rates_daily.currency_code
            and dated.movement_date = int_exchange_rates_daily.rate_date
)

select * from final
