with tables as (
    select * from {{ source('ingest', 'tables') }}
),

final as (
    select
        cast(source as varchar(32)) as source_name,
        cast(table_name as varchar(128)) as table_name,
        copied_at at time zone 'UTC' as copied_at,
        changed_at at time zone 'UTC' as loaded_at
    from tables
)

select * from final
