with snap_catalog__products as (
    select * from {{ ref('snap_catalog__products') }}
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
{%- for depth in range(1, 5) %}

level_{{ depth }} as (
    select distinct
        {{ category_key(depth) }} as category_key,
        {%- if depth == 1 %}
        cast(null as {{ type_key() }}) as parent_category_key,
        {%- else %}
        {{ category_key(depth - 1) }} as parent_category_key,
        {%- endif %}
        category_level_{{ depth }} as category_name,
        cast(
            {%- for level in range(1, depth + 1) %}
            {{ "|| ' > ' || " if not loop.first }}category_level_{{ level }}
            {%- endfor %} as varchar(500)
        ) as category_path,
        {%- for level in range(1, 5) %}
        {{ 'category_level_' ~ level if level <= depth else 'cast(null as varchar(120))' }}
            as category_level_{{ level }},
        {%- endfor %}
        {{ depth }} as category_depth
    from leaves
    where category_level_{{ depth }} is not null
),
{%- endfor %}

unknown_member as (
    select
        {{ unknown_key() }} as category_key,
        cast(null as {{ type_key() }}) as parent_category_key,
        cast('Unknown' as varchar(120)) as category_name,
        cast('Unknown' as varchar(500)) as category_path,
        cast('Unknown' as varchar(120)) as category_level_1,
        cast(null as varchar(120)) as category_level_2,
        cast(null as varchar(120)) as category_level_3,
        cast(null as varchar(120)) as category_level_4,
        0 as category_depth
    {{ dual_from() }}
),

final as (
    {%- for depth in range(1, 5) %}
    select * from level_{{ depth }}
    union all
    {%- endfor %}
    select * from unknown_member
)

select * from final
