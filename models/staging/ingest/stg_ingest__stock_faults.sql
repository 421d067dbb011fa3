with raw_quarantine as (
    select * from {{ source('ingest', 'raw_quarantine') }}
    where
        source = 'oltp'
        and table_name in ('inventory_movements', 'stock_levels')
),

inventory_movements as (
    select * from {{ source('oltp', 'inventory_movements') }}
    where _deleted_at is not null
),

-- Whose warehouse or product is what is wrong with a row, nobody can say.
quarantined as (
    select
        case
            when pg_input_is_valid(row_image ->> 'warehouse_id', 'integer')
                then cast(row_image ->> 'warehouse_id' as integer)
        end as warehouse_id,
        case
            when jsonb_typeof(row_image -> 'sku') = 'string'
                then cast(row_image ->> 'sku' as varchar(64))
        end as sku,
        1 as quarantined_count,
        0 as deleted_count,
        0 as deleted_quantity
    from raw_quarantine
),

faults as (
    select * from quarantined
    where
        warehouse_id is not null
        and sku is not null
    union all
    select
        cast(warehouse_id as integer) as warehouse_id,
        cast(sku as varchar(64)) as sku,
        0 as quarantined_count,
        1 as deleted_count,
        cast(quantity as integer) as deleted_quantity
    from inventory_movements
),

final as (
    select
        warehouse_id,
        sku,
        cast(sum(quarantined_count) as bigint) as quarantined_count,
        cast(sum(deleted_count) as bigint) as deleted_count,
        cast(sum(deleted_quantity) as bigint) as deleted_quantity
    from faults
    group by warehouse_id, sku
)

select * from final
