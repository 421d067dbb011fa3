with snap_oltp__customers as (
    select * from {{ ref('snap_oltp__customers') }}
),

int_persons as (
    {{ changes_in('int_persons', 'dim_customers') }}
),

final as (
    select customer_id
    from snap_oltp__customers
    where loaded_at > {{ loaded_through('dim_customers') }}
    union
    select customer_id
    from int_persons
    where customer_id is not null
)

select * from final
