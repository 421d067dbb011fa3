with stg_ingest__quarantine as (
    select * from {{ ref('stg_ingest__quarantine') }}
),

final as (
    select
        source_name,
        table_name,
        column_name,
        reason,
        row_count,
        first_seen_at,
        last_seen_at
    from stg_ingest__quarantine
)

select * from final
