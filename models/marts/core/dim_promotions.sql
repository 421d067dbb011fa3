with snap_oltp__promotions as (
    select * from {{ ref('snap_oltp__promotions') }}
),

{{ version_ctes('snap_oltp__promotions', 'promotion_id') }},

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
        is_deleted,
        starts_at,
        ends_at
    from versions
    where is_current = {{ bool_true() }}
)

select * from final
