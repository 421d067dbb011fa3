-- Sales of persons, by segment, cohort and type of customer, are those of all orders not cancelled.
-- Anonymous orders, of guests without an address, are told only by type.
with orders as (
    select
        count(*) as order_count,
        coalesce(sum(net_amount), 0) as net_amount
    from {{ ref('fct_orders') }}
    where is_cancelled = {{ bool_false() }}
),

by_type as (
    select
        coalesce(sum(order_count), 0) as order_count,
        coalesce(sum(net_amount), 0) as net_amount,
        coalesce(sum(case when customer_type = 'anonymous' then 0 else order_count end), 0)
            as known_order_count,
        coalesce(sum(case when customer_type = 'anonymous' then 0 else net_amount end), 0)
            as known_net_amount
    from {{ ref('sales_by_customer_type_day') }}
),

of_persons as (
    select
        'customer_rfm' as mart,
        coalesce(sum(order_count), 0) as order_count,
        coalesce(sum(net_amount), 0) as net_amount
    from {{ ref('customer_rfm') }}
    union all
    select
        'customer_cohorts' as mart,
        coalesce(sum(order_count), 0) as order_count,
        coalesce(sum(net_amount), 0) as net_amount
    from {{ ref('customer_cohorts') }}
    union all
    select
        'customer_lifetime_values' as mart,
        coalesce(sum(order_count), 0) as order_count,
        coalesce(sum(net_amount), 0) as net_amount
    from {{ ref('customer_lifetime_values') }}
),

differences as (
    select 'sales_by_customer_type_day' as mart
    from orders
    cross join by_type
    where
        orders.order_count <> by_type.order_count
        or orders.net_amount <> by_type.net_amount
    union all
    select of_persons.mart
    from of_persons
    cross join by_type
    where
        of_persons.order_count <> by_type.known_order_count
        or of_persons.net_amount <> by_type.known_net_amount
)

select * from differences
