with int_identity_links as (
    select * from {{ ref('int_identity_links') }}
),

int_persons as (
    select * from {{ ref('int_persons') }}
),

final as (
    select
        coalesce(
            int_persons.person_key, {{ surrogate_key(['int_identity_links.node_id']) }}
        ) as person_key,
        int_identity_links.node_id,
        int_identity_links.linked_node_id,
        int_identity_links.rule_name,
        int_identity_links.shared_value,
        int_identity_links.member_count,
        int_identity_links.is_linking
    from int_identity_links
    left join int_persons
        on int_identity_links.node_id = int_persons.node_id
)

select * from final
