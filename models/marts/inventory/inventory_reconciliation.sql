with int_inventory_periods as (
    select * from {{ ref('int_inventory_periods') }}
    where last_date = {{ date_of(high_timestamp()) }}
),

stg_oltp__stock_levels as (
    select * from {{ ref('stg_oltp__stock_levels') }}
),

stg_oltp__inventory_movements as (
    select * from {{ ref('stg_oltp__inventory_movements') }}
),

stg_oltp__reference_deletions as (
    select * from {{ ref('stg_oltp__reference_deletions') }}
    where table_name = 'stock_levels'
),

stg_ingest__stock_faults as (
    select * from {{ ref('stg_ingest__stock_faults') }}
),

both_sides as (
    select
        warehouse_id,
        sku,
        closing_quantity as movement_quantity,
        cast(null as {{ dbt.type_bigint() }}) as level_quantity
    from int_inventory_periods
    union all
    select
        warehouse_id,
        sku,
        cast(null as {{ dbt.type_bigint() }}) as movement_quantity,
        cast(quantity_on_hand as {{ dbt.type_bigint() }}) as level_quantity
    from stg_oltp__stock_levels
),

differing as (
    select
        warehouse_id,
        sku,
        coalesce(sum(movement_quantity), 0) as movement_quantity,
        sum(level_quantity) as level_quantity,
        coalesce(sum(movement_quantity), 0) - coalesce(sum(level_quantity), 0)
            as quantity_difference
    from both_sides
    group by warehouse_id, sku
    having coalesce(sum(movement_quantity), 0) <> coalesce(sum(level_quantity), 0)
),

loaded as (
    select
        differing.warehouse_id,
        differing.sku,
        sum(stg_oltp__inventory_movements.quantity) as quantity
    from differing
    inner join stg_oltp__inventory_movements
        on
            differing.warehouse_id = stg_oltp__inventory_movements.warehouse_id
            and differing.sku = stg_oltp__inventory_movements.sku
    group by differing.warehouse_id, differing.sku
),

explained as (
    select
        differing.warehouse_id,
        differing.sku,
        case
            when coalesce(loaded.quantity, 0) = coalesce(differing.level_quantity, 0)
                then 'build_is_behind'
            when
                stg_ingest__stock_faults.deleted_count > 0
                and differing.level_quantity is not null
                and differing.quantity_difference = -stg_ingest__stock_faults.deleted_quantity
                then 'movement_deleted'
            when stg_ingest__stock_faults.quarantined_count > 0 then 'quarantine'
            when
                differing.level_quantity is null
                and stg_oltp__reference_deletions.row_key is not null
                then 'level_deleted'
            when differing.level_quantity is null then 'level_missing'
            else 'unknown'
        end as explanation,
        differing.movement_quantity,
        differing.level_quantity,
        differing.quantity_difference,
        coalesce(stg_ingest__stock_faults.quarantined_count, 0) as quarantined_count,
        coalesce(stg_ingest__stock_faults.deleted_count, 0) as deleted_count
    from differing
    left join loaded
        on
            differing.warehouse_id = loaded.warehouse_id
            and differing.sku = loaded.sku
    left join stg_ingest__stock_faults
        on
            differing.warehouse_id = stg_ingest__stock_faults.warehouse_id
            and differing.sku = stg_ingest__stock_faults.sku
    left join stg_oltp__reference_deletions
        on
            stg_oltp__reference_deletions.row_key
            = cast(differing.warehouse_id as varchar(11)) || '|' || differing.sku
),

final as (
    select
        warehouse_id,
        sku,
        cast(explanation as varchar(32)) as explanation,
        cast(movement_quantity as {{ dbt.type_bigint() }}) as movement_quantity,
        cast(level_quantity as {{ dbt.type_bigint() }}) as level_quantity,
        cast(quantity_difference as {{ dbt.type_bigint() }}) as quantity_difference,
        cast(quarantined_count as {{ dbt.type_bigint() }}) as quarantined_count,
        cast(deleted_count as {{ dbt.type_bigint() }}) as deleted_count
    from explained
)

select * from final
