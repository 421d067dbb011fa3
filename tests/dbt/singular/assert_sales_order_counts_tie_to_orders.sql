-- An order with lines in several categories counts once wherever categories are added up.
with counted as (
    select sum(order_count) as order_count
    from {{ ref('sales_by_country_category_month') }}
    where sales_level = 'country_month'
    union all
    select sum(order_count) as order_count
    from {{ ref('sales_by_country_category_month') }}
    where sales_level = 'total'
),

expected as (
    select count(distinct order_id) as order_count
    from {{ ref('fct_order_items') }}
    where is_cancelled = {{ bool_false() }}
)

select
    counted.order_count,
    expected.order_count as expected_order_count
from counted
cross join expected
where coalesce(counted.order_count, 0) <> expected.order_count
