with recursive products as (
    select * from {{ source('catalog', 'products') }}
    where _deleted_at is null
),

-- A value, the names that lead to it, and where it stands. What an array holds has the array's
-- name; what MongoDB wraps in an object, such as a decimal, is one value.
nodes as (
    select
        products._id as sku,
        '' as attribute_path,
        cast(array[] as bigint[]) as place,
        products.document -> 'attributes' as node,
        products._loaded_at
    from products
    union all
    select
        nodes.sku,
        ltrim(nodes.attribute_path || coalesce('.' || children.member, ''), '.') as attribute_path,
        nodes.place || children.place as place,
        children.node,
        nodes._loaded_at
    from nodes
    cross join lateral (
        select
            members.member,
            members.node,
            members.place
        from
            jsonb_each(
                case
                    when
                        jsonb_typeof(nodes.node) = 'object'
                        and not nodes.node ?| {{ extended_json_wrappings() }}
                        then nodes.node
                    else cast('{}' as jsonb)
                end
            ) with ordinality as members (member, node, place)
        union all
        select
            null as member,
            elements.node,
            elements.place
        from jsonb_array_elements(
            case
                when jsonb_typeof(nodes.node) = 'array' then nodes.node else cast('[]' as jsonb)
            end
        ) with ordinality as elements (node, place)
    ) as children
),

leaves as (
    select
        sku,
        cast(left(attribute_path, 200) as varchar(200)) as attribute_path,
        place,
        node,
        _loaded_at
    from nodes
    where
        attribute_path <> ''
        and (
            jsonb_typeof(node) in ('string', 'number', 'boolean')
            or (
                jsonb_typeof(node) = 'object'
                and node ?| {{ extended_json_wrappings() }}
            )
        )
),

final as (
    select
        cast(sku as varchar(64)) as sku,
        attribute_path,
        cast(
            row_number() over (partition by sku, attribute_path order by place) as integer
        ) as value_number,
        cast(
            left(
                coalesce(
                    node ->> '$numberDecimal', node ->> '$numberLong', node ->> '$numberInt',
                    node ->> '$numberDouble', node -> '$date' ->> '$numberLong',
                    node ->> '$date', node ->> '$oid', node #>> '{}'
                ), 1000
            ) as varchar(1000)
        ) as attribute_value,
        {{ extended_json_number('node', 'numeric(18,6)') }} as attribute_number,
        _loaded_at at time zone 'UTC' as loaded_at
    from leaves
)

select * from final
