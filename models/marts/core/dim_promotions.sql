with snap_oltp__promotions as (
    select * from {{ ref('snap_oltp__promotions') }}
),

-- Deleted promotions stay: orders that used them still name them.
final as (
    select
        promotion_id,
        promotion_code,
        promotion_name,
        promotion_type,
        currency_code,
        percent_off,
        amount_off as amount_off_local,
        is_active,
        case when deleted_at is null then {{ bool_false() }} else {{ bool_true() }} end
            as is_deleted,
        starts_at,
        ends_at
    from snap_oltp__promotions
    where dbt_valid_to is null
)

select * from final
