with snap_oltp__customers as (
    select * from {{ ref('snap_oltp__customers') }}
    {{ where_changed('customer_id') }}
),

{{ version_ctes('snap_oltp__customers', 'customer_id') }},

known as (
    select
        {{ surrogate_key([
            'cast(customer_id as varchar(20))',
            'cast(version_number as varchar(20))',
        ]) }} as customer_key,
        customer_id,
        country_code,
        customer_status,
        cast(version_number as integer) as version_number,
        has_marketing_consent,
        is_current,
        is_deleted,
        registered_at,
        valid_from,
        valid_to,
        effective_from,
        effective_to
    from versions
),

unknown_member as (
    select
        {{ unknown_key() }} as customer_key,
        cast(null as bigint) as customer_id,
        cast('XX' as varchar(2)) as country_code,
        cast('unknown' as varchar(16)) as customer_status,
        0 as version_number,
        {{ bool_false() }} as has_marketing_consent,
        {{ bool_true() }} as is_current,
        {{ bool_false() }} as is_deleted,
        cast(null as timestamp) as registered_at,
        {{ low_timestamp() }} as valid_from,
        {{ high_timestamp() }} as valid_to,
        {{ low_timestamp() }} as effective_from,
        {{ high_timestamp() }} as effective_to
    {{ dual_from() }}
),

final as (
    select * from known
    {%- if not builds_on_changes() %}
    union all
    select * from unknown_member
    {%- endif %}
)

select * from final
