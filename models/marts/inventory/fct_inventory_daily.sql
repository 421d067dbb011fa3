{%- set movement_types = [
    'receipt', 'sale', 'return', 'transfer', 'adjustment', 'write_off'
] -%}

-- No CTEs: PostgreSQL merges a view into the query around it only if it has none, and a query that
-- joins a few days to this view is then twenty times as fast.
-- All that moves in a period moves on its first day.
select
    {{ surrogate_key([
        "cast(periods.warehouse_id as varchar(11))",
        "periods.sku",
        format_date('stock_days.stock_date'),
    ]) }} as inventory_day_key,
    periods.product_key,
    periods.warehouse_id,
    periods.sku,
    case
        when stock_days.stock_date = periods.first_date then periods.opening_quantity
        else periods.closing_quantity
    end as opening_quantity,
    {%- for movement_type in movement_types %}
    case
        when stock_days.stock_date = periods.first_date then periods.{{ movement_type }}_quantity
        else 0
    end as {{ movement_type }}_quantity,
    {%- endfor %}
    periods.closing_quantity,
    {{ in_reporting_currency('periods.unit_cost_local', 'rates.rate_to_reporting') }} as unit_cost,
    {{ in_reporting_currency(
        'periods.closing_quantity * periods.unit_cost_local', 'rates.rate_to_reporting'
    ) }} as stock_value,
    stock_days.is_latest_day,
    stock_days.stock_date
from {{ ref('int_inventory_periods') }} as periods
inner join {{ ref('int_inventory_days') }} as stock_days
    on
        periods.first_date <= stock_days.stock_date
        and periods.last_date >= stock_days.stock_date
left join {{ ref('int_exchange_rates_daily') }} as rates
    on
        periods.cost_currency_code = rates.currency_code
        and stock_days.stock_date = rates.rate_date
