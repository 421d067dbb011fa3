{%- set through = loaded_through('fct_web_events') -%}

with final as (
    select event_id
    from {{ ref('stg_web__events') }}
    where loaded_at > {{ through }}
    union
    select cast(row_key as varchar(64)) as event_id
    from {{ ref('stg_web__deletions') }}
    where
        table_name = 'events'
        and loaded_at > {{ through }}
)

select * from final
