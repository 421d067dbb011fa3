with snap_catalog__products as (
    select * from {{ ref('snap_catalog__products') }}
    {{ where_changed('sku') }}
),

{{ version_ctes('snap_catalog__products', 'sku') }},

known as (
    select
        {{ surrogate_key(['sku', 'cast(version_number as varchar(20))']) }} as product_key,
        case
            when category_level_1 is null then {{ unknown_key() }}
            else {{ category_key(4) }}
        end as category_key,
        sku,
        product_name,
        brand,
        product_type,
        coalesce(category_path, 'Unknown') as category_path,
        price_currency_code,
        cost_currency_code,
        product_status,
        cast(version_number as integer) as version_number,
        list_price_local,
        unit_cost_local,
        is_current,
        is_deleted,
        valid_from,
        valid_to,
        effective_from,
        effective_to
    from versions
),

unknown_member as (
    select
        {{ unknown_key() }} as product_key,
        {{ unknown_key() }} as category_key,
        cast(null as {{ type_varchar(64) }}) as sku,
        cast('Unknown' as {{ type_varchar(500) }}) as product_name,
        cast(null as {{ type_varchar(200) }}) as brand,
        cast(null as {{ type_varchar(100) }}) as product_type,
        cast('Unknown' as {{ type_varchar(500) }}) as category_path,
        cast(null as varchar(3)) as price_currency_code,
        cast(null as varchar(3)) as cost_currency_code,
        cast('unknown' as varchar(16)) as product_status,
        0 as version_number,
        cast(null as decimal(16, 4)) as list_price_local,
        cast(null as decimal(16, 4)) as unit_cost_local,
        {{ bool_true() }} as is_current,
        {{ bool_false() }} as is_deleted,
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
