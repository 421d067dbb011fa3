with fct_orders as (
    select * from {{ ref('fct_orders') }}
),

fct_returns as (
    select * from {{ ref('fct_returns') }}
),

stg_oltp__orders as (
    select * from {{ ref('stg_oltp__orders') }}
),

int_persons as (
    select * from {{ ref('int_persons') }}
),

accounts as (
    select
        customer_id,
        person_key
    from int_persons
    where customer_id is not null
),

guests as (
    select
        guest_email_key,
        person_key
    from int_persons
    where guest_email_key is not null
),

returned as (
    select
        order_id,
        sum(returned_net_amount) as returned_net_amount
    from fct_returns
    where
        order_id is not null
        and is_refunded = {{ bool_true() }}
    group by order_id
),

persons as (
    select
        case
            when fct_orders.customer_id is not null
                then {{ person_of('accounts.person_key', 'account', 'fct_orders.customer_id') }}
            when stg_oltp__orders.guest_email_key is not null
                then
                    {{ person_of(
                        'guests.person_key', 'guest', 'stg_oltp__orders.guest_email_key'
                    ) }}
        end as person_key,
        fct_orders.order_id,
        fct_orders.customer_id,
        fct_orders.net_amount,
        fct_orders.margin_amount,
        coalesce(returned.returned_net_amount, 0) as returned_net_amount,
        fct_orders.order_date,
        fct_orders.ordered_at
    from fct_orders
    left join stg_oltp__orders
        on fct_orders.order_id = stg_oltp__orders.order_id
    left join accounts
        on fct_orders.customer_id = accounts.customer_id
    left join guests
        on stg_oltp__orders.guest_email_key = guests.guest_email_key
    left join returned
        on fct_orders.order_id = returned.order_id
    where fct_orders.is_cancelled = {{ bool_false() }}
),

final as (
    select
        person_key,
        order_id,
        customer_id,
        cast(
            row_number() over (partition by person_key order by ordered_at, order_id)
            as {{ dbt.type_int() }}
        ) as purchase_number,
        net_amount,
        margin_amount,
        cast(returned_net_amount as {{ type_money() }}) as returned_net_amount,
        order_date,
        ordered_at
    from persons
)

select * from final
