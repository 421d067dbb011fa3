with customers__history as (
    select * from {{ source('oltp', 'customers__history') }}
),

final as (
    select
        cast(customer_id as bigint) as customer_id,
        cast(country_code as varchar(2)) as country_code,
        cast(customer_status as varchar(16)) as customer_status,
        _history_id as history_id,
        has_marketing_consent <> 0 as has_marketing_consent,
        cast(registered_at as timestamp) as registered_at,
        updated_at at time zone 'UTC' as updated_at,
        _committed_at at time zone 'UTC' as committed_at,
        case when _change = 'd' then _committed_at at time zone 'UTC' end as deleted_at,
        _loaded_at at time zone 'UTC' as loaded_at
    from customers__history
)

select * from final
