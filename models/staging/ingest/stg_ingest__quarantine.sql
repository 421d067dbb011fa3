with raw_quarantine as (
    select * from {{ source('ingest', 'raw_quarantine') }}
),

-- PostgreSQL's reasons quote the value, which may be a person's, as the server's language does.
without_values as (
    select
        source,
        table_name,
        column_name,
        regexp_replace(reason, '["''«»„“”‘’].*["''«»„“”‘’]', '...') as reason,
        first_seen_at,
        last_seen_at
    from raw_quarantine
),

final as (
    select
        cast(source as varchar(32)) as source_name,
        cast(table_name as varchar(128)) as table_name,
        cast(column_name as varchar(128)) as column_name,
        cast(reason as varchar(256)) as reason,
        count(*) as row_count,
        min(first_seen_at) at time zone 'UTC' as first_seen_at,
        max(last_seen_at) at time zone 'UTC' as last_seen_at
    from without_values
    group by source, table_name, column_name, cast(reason as varchar(256))
)

select * from final
