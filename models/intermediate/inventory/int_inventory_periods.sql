{%- set movement_types = [
    'receipt', 'sale', 'return', 'transfer', 'adjustment', 'write_off'
] -%}

with fct_inventory_movements as (
    select * from {{ ref('fct_inventory_movements') }}
    {{ where_changed(['warehouse_id', 'sku']) }}
),

dim_products as (
    select * from {{ ref('dim_products') }}
),

changes as (
    select
        warehouse_id,
        sku,
        movement_date,
        {%- for movement_type in movement_types %}
        sum(case when movement_type = '{{ movement_type }}' then quantity else 0 end)
            as {{ movement_type }}_quantity,
        {%- endfor %}
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

-- A new version of the product may bring a new cost, so it starts a period like a movement does.
starts as (
    select
        warehouse_id,
        sku,
        movement_date as first_date
    from changes
    union
    select
        stocked.warehouse_id,
        stocked.sku,
        {{ date_of('dim_products.effective_from') }} as first_date
    from stocked
    inner join dim_products
        on
            stocked.sku = dim_products.sku
            and stocked.first_movement_date < {{ date_of('dim_products.effective_from') }}
),

periods as (
    select
        starts.warehouse_id,
        starts.sku,
        {%- for movement_type in movement_types %}
        coalesce(changes.{{ movement_type }}_quantity, 0) as {{ movement_type }}_quantity,
        {%- endfor %}
        coalesce(changes.change_quantity, 0) as change_quantity,
        sum(coalesce(changes.change_quantity, 0)) over (
            partition by starts.warehouse_id, starts.sku
            order by starts.first_date
            rows between unbounded preceding and current row
        ) as closing_quantity,
        starts.first_date,
        lead(starts.first_date) over (
            partition by starts.warehouse_id, starts.sku
            order by starts.first_date
        ) as next_first_date
    from starts
    left join changes
        on
            starts.warehouse_id = changes.warehouse_id
            and starts.sku = changes.sku
            and starts.first_date = changes.movement_date
),

bounded as (
    select
        periods.*,
        case
            when periods.next_first_date is null then {{ date_of(high_timestamp()) }}
            else {{ date_add_days('periods.next_first_date', -1) }}
        end as last_date,
        -- The moment by which the version of the first day is settled.
        cast({{ date_add_days('periods.first_date', 1) }} as timestamp) as first_day_end
    from periods
),

final as (
    select
        coalesce(dim_products.product_key, {{ unknown_key() }}) as product_key,
        bounded.warehouse_id,
        bounded.sku,
        dim_products.cost_currency_code,
        cast(bounded.closing_quantity - bounded.change_quantity as {{ dbt.type_bigint() }})
            as opening_quantity,
        {%- for movement_type in movement_types %}
        cast(bounded.{{ movement_type }}_quantity as {{ dbt.type_bigint() }})
            as {{ movement_type }}_quantity,
        {%- endfor %}
        cast(bounded.closing_quantity as {{ dbt.type_bigint() }}) as closing_quantity,
        dim_products.unit_cost_local,
        bounded.first_date,
        bounded.last_date
    from bounded
    left join dim_products
        on
            bounded.sku = dim_products.sku
            and bounded.first_day_end > dim_products.effective_from
            and bounded.first_day_end <= dim_products.effective_to
)

select * from final
