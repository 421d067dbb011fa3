with base_oltp__promotions as (
    select * from {{ ref('base_oltp__promotions') }}
),

final as (
    select
        promotion_id,
        promotion_code,
        promotion_name,
        promotion_type,
        percent_off,
        amount_off,
        currency_code,
        is_active,
        starts_at,
        ends_at,
        updated_at,
        loaded_at
    from base_oltp__promotions
    where deleted_at is null
)

select * from final
