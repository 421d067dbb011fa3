with snap_oltp__customers as (
    select * from {{ ref('snap_oltp__customers') }}
),

final as (
    select distinct customer_id
    from snap_oltp__customers
    where loaded_at > {{ loaded_through('dim_customers') }}
)

select * from final
