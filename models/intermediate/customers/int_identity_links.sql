with int_identity_keys as (
    select * from {{ ref('int_identity_keys') }}
),

shared as (
    select
        node_id,
        min(node_id) over (partition by rule_name, shared_value) as linked_node_id,
        rule_name,
        shared_value,
        count(*) over (partition by rule_name, shared_value) as member_count
    from int_identity_keys
),

-- A link of each with the smallest says as much as links of each with each.
final as (
    select
        node_id,
        linked_node_id,
        rule_name,
        shared_value,
        cast(member_count as {{ dbt.type_int() }}) as member_count,
        case
            when rule_name = 'account' then {{ bool_true() }}
            when member_count <= {{ var('identity_key_max_members') }} then {{ bool_true() }}
            else {{ bool_false() }}
        end as is_linking
    from shared
    where node_id <> linked_node_id
)

select * from final
