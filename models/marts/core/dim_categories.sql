with snap_catalog__products as (
    select * from {{ ref('snap_catalog__products') }}
),

depths as (
    {{ numbers(4) }}
),

-- Of every version, not only of the last: a sale stays in the category that its product had then.
leaves as (
    select distinct
        category_level_1,
        category_level_2,
        category_level_3,
        category_level_4
    from snap_catalog__products
    where category_level_1 is not null
),

-- A category is there with all that it lies in, so that totals can be drilled from the top.
cut_at_each_depth as (
    select distinct
        leaves.category_level_1,
        case when depths.ordinal >= 1 then leaves.category_level_2 end as category_level_2,
        case when depths.ordinal >= 2 then leaves.category_level_3 end as category_level_3,
        case when depths.ordinal >= 3 then leaves.category_level_4 end as category_level_4,
        depths.ordinal + 1 as category_depth
    from leaves
    cross join depths
    where
        depths.ordinal = 0
        or (depths.ordinal = 1 and leaves.category_level_2 is not null)
        or (depths.ordinal = 2 and leaves.category_level_3 is not null)
        or (depths.ordinal = 3 and leaves.category_level_4 is not null)
),

known as (
    select
        {{ category_key(4) }} as category_key,
        case category_depth
            when 2 then {{ category_key(1) }}
            when 3 then {{ category_key(2) }}
            when 4 then {{ category_key(3) }}
        end as parent_category_key,
        coalesce(category_level_4, category_level_3, category_level_2, category_level_1)
            as category_name,
        cast(
            category_level_1
            || coalesce(' > ' || category_level_2, '')
            || coalesce(' > ' || category_level_3, '')
            || coalesce(' > ' || category_level_4, '')
            as {{ type_varchar(500) }}
        ) as category_path,
        category_level_1,
        category_level_2,
        category_level_3,
        category_level_4,
        category_depth
    from cut_at_each_depth
),

unknown_member as (
    select
        {{ unknown_key() }} as category_key,
        cast(null as {{ type_key() }}) as parent_category_key,
        cast('Unknown' as {{ type_varchar(120) }}) as category_name,
        cast('Unknown' as {{ type_varchar(500) }}) as category_path,
        cast('Unknown' as {{ type_varchar(120) }}) as category_level_1,
        cast(null as {{ type_varchar(120) }}) as category_level_2,
        cast(null as {{ type_varchar(120) }}) as category_level_3,
        cast(null as {{ type_varchar(120) }}) as category_level_4,
        0 as category_depth
    {{ dual_from() }}
),

final as (
    select * from known
    union all
    select * from unknown_member
)

select * from final
