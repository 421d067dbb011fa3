with stg_oltp__customers as (
    select * from {{ ref('stg_oltp__customers') }}
),

stg_oltp__customer_identities as (
    select * from {{ ref('stg_oltp__customer_identities') }}
),

stg_oltp__orders as (
    select * from {{ ref('stg_oltp__orders') }}
),

-- Identities may name an account that the shop has deleted; they still are one person's.
accounts as (
    select customer_id
    from stg_oltp__customers
    union
    select customer_id
    from stg_oltp__customer_identities
    where customer_id is not null
),

account_keys as (
    select
        customer_id,
        'account' as rule_name,
        cast(customer_id as varchar(64)) as shared_value
    from accounts
    union all
    select
        customer_id,
        'email' as rule_name,
        cast(email_key as varchar(64)) as shared_value
    from stg_oltp__customers
    where email_key is not null
    union all
    select
        customer_id,
        'phone_and_name' as rule_name,
        cast(phone_name_key as varchar(64)) as shared_value
    from stg_oltp__customers
    where phone_name_key is not null
),

identity_keys as (
    select
        identity_id,
        'account' as rule_name,
        cast(customer_id as varchar(64)) as shared_value
    from stg_oltp__customer_identities
    where customer_id is not null
    union all
    select
        identity_id,
        'email' as rule_name,
        cast(email_key as varchar(64)) as shared_value
    from stg_oltp__customer_identities
    where email_key is not null
),

guests as (
    select distinct guest_email_key
    from stg_oltp__orders
    where guest_email_key is not null
),

final as (
    select
        {{ identity_node('account', 'customer_id') }} as node_id,
        customer_id,
        cast(null as bigint) as identity_id,
        cast(null as char(64)) as guest_email_key,
        cast(rule_name as varchar(16)) as rule_name,
        shared_value
    from account_keys
    union all
    select
        {{ identity_node('identity', 'identity_id') }} as node_id,
        cast(null as bigint) as customer_id,
        identity_id,
        cast(null as char(64)) as guest_email_key,
        cast(rule_name as varchar(16)) as rule_name,
        shared_value
    from identity_keys
    union all
    select
        {{ identity_node('guest', 'guest_email_key') }} as node_id,
        cast(null as bigint) as customer_id,
        cast(null as bigint) as identity_id,
        guest_email_key,
        cast('email' as varchar(16)) as rule_name,
        cast(guest_email_key as varchar(64)) as shared_value
    from guests
)

select * from final
