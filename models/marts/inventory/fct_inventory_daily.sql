{%- set movement_types = [
    'receipt', 'sale', 'return', 'transfer', 'adjustment', 'write_off'
] %}

with fct_inventory_movements as (
    select * from {{ ref('fct_inventory_movements') }}
),

dim_dates as (
    select * from {{ ref('dim_dates') }}
),

dim_products as (
    select * from {{ ref('dim_products') }}
),

int_exchange_rates_daily as (
    select * from {{ ref('int_exchange_rates_daily') }}
),

changes as (
    select
        warehouse_id,
        sku,
        movement_date,
        {% for movement_type in movement_types %}
        sum(case when movement_type = '{{ movement_type }}' then quantity else 0 end)
            as {{ movement_type }}_quantity,
        {% endfor %}
        sum(quantity) as change_quantity
    from fct_inventory_movements
    group by warehouse_id, sku, movement_date
),

stocked as (
    select
        warehouse_id,
        sku,
        min(movement_date) as first_movement_date
    from changes
    group by warehouse_id, sku
),

-- Stock is known to the last movement even where the run's day is set before it.
last_day as (
    select greatest({{ as_of_date() }}, max(movement_date)) as stock_date
    from changes
),

days as (
    select
        stocked.warehouse_id,
        stocked.sku,
        dim_dates.date_day as stock_date,
        {{ date_add_days('dim_dates.date_day', 1) }} as next_date
    from stocked
    cross join last_day
    inner join dim_dates
        on
            stocked.first_movement_date <= dim_dates.date_day
            and last_day.stock_date >= dim_dates.date_day
),

levels as (
    select
        days.warehouse_id,
        days.sku,
        days.stock_date,
        days.next_date,
        {% for movement_type in movement_types %}
        coalesce(changes.{{ movement_type }}_quantity, 0) as {{ movement_type }}_quantity,
        {% endfor %}
        coalesce(changes.change_quantity, 0) as change_quantity,
        sum(changes.change_quantity) over (
            partition by days.warehouse_id, days.sku
            order by days.stock_date
            rows between unbounded preceding and current row
        ) as closing_quantity
    from days
    left join changes
        on
            days.warehouse_id = changes.warehouse_id
            and days.sku = changes.sku
            and days.stock_date = changes.movement_date
),

-- The product as it was at the end of the day, at that day's rate.
final as (
    select
        {{ surrogate_key([
            "cast(levels.warehouse_id as varchar(11))",
            "levels.sku",
            format_date('levels.stock_date'),
        ]) }} as inventory_day_key,
        coalesce(dim_products.product_key, {{ unknown_key() }}) as product_key,
        levels.warehouse_id,
        levels.sku,
        cast(levels.closing_quantity - levels.change_quantity as {{ dbt.type_bigint() }})
            as opening_quantity,
        {% for movement_type in movement_types %}
        cast(levels.{{ movement_type }}_quantity as {{ dbt.type_bigint() }})
            as {{ movement_type }}_quantity,
        {% endfor %}
        cast(levels.closing_quantity as {{ dbt.type_bigint() }}) as closing_quantity,
        {{ in_reporting_currency(
            'dim_products.unit_cost_local',
            'int_exchange_rates_daily.rate_to_reporting'
        ) }} as unit_cost,
        {{ in_reporting_currency(
            'levels.closing_quantity * dim_products.unit_cost_local',
            'int_exchange_rates_daily.rate_to_reporting'
        ) }} as stock_value,
        case
            when levels.stock_date = last_day.stock_date then {{ bool_true() }}
            else {{ bool_false() }}
        end as is_latest_day,
        levels.stock_date
    from levels
    cross join last_day
    left join dim_products
        on
            levels.sku = dim_products.sku
            and dim_products.effective_from < cast(levels.next_date as timestamp)
            and dim_products.effective_to >= cast(levels.next_date as timestamp)
    left join int_exchange_rates_daily
        on
            dim_products.cost_currency_code = int_exchange_rates_daily.currency_code
            and levels.stock_date = int_exchange_rates_daily.rate_date
)

select * from final
