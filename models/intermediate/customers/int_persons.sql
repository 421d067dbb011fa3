with int_identity_keys as (
    select * from {{ ref('int_identity_keys') }}
),

components as (
    {{ components_of('int_identity_links') }}
),

nodes as (
    select distinct
        node_id,
        customer_id,
        identity_id,
        guest_email_key
    from int_identity_keys
),

final as (
    select
        {{ surrogate_key(['components.component_id']) }} as person_key,
        nodes.node_id,
        nodes.customer_id,
        nodes.identity_id,
        nodes.guest_email_key
    from nodes
    inner join components
        on nodes.node_id = components.node_id
)

select * from final
