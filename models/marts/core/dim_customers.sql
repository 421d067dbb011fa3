with snap_oltp__customers as (
    select * from {{ ref('snap_oltp__customers') }}
    {{ where_changed('customer_id') }}
),

int_persons as (
    select * from {{ ref('int_persons') }}
    {{ where_changed('customer_id') }}
),

{{ version_ctes('snap_oltp__customers', 'customer_id') }},

known as (
    select
        {{ surrogate_key([
            'cast(versions.customer_id as varchar(20))',
            'cast(versions.version_number as varchar(20))',
        ]) }} as customer_key,
        {{ person_of('int_persons.person_key', 'account', 'versions.customer_id') }} as person_key,
        versions.customer_id,
        versions.country_code,
        versions.customer_status,
        cast(versions.version_number as integer) as version_number,
        versions.has_marketing_consent,
        versions.is_current,
        versions.is_deleted,
        versions.registered_at,
        versions.valid_from,
        versions.valid_to,
        versions.effective_from,
        versions.effective_to
    from versions
    left join int_persons
        on versions.customer_id = int_persons.customer_id
),

unknown_member as (
    select
        {{ unknown_key() }} as customer_key,
        {{ unknown_key() }} as person_key,
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
