-- Each level of totals is the same money and quantity, seen from another side.
with levels as (
    select
        sales_level,
        sum(quantity) as quantity,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(net_amount) as net_amount,
        sum(tax_amount) as tax_amount,
        sum(cost_amount) as cost_amount,
        sum(margin_amount) as margin_amount
    from {{ ref('sales_by_country_category_month') }}
    group by sales_level
),

expected as (
    select
        coalesce(sum(quantity), 0) as quantity,
        coalesce(sum(gross_amount), 0) as gross_amount,
        coalesce(sum(discount_amount), 0) as discount_amount,
        coalesce(sum(net_amount), 0) as net_amount,
        coalesce(sum(tax_amount), 0) as tax_amount,
        coalesce(sum(cost_amount), 0) as cost_amount,
        coalesce(sum(margin_amount), 0) as margin_amount
    from {{ ref('fct_order_items') }}
    where is_cancelled = {{ bool_false() }}
)

select
    levels.sales_level,
    levels.net_amount,
    expected.net_amount as expected_net_amount
from levels
cross join expected
where
    levels.quantity <> expected.quantity
    or levels.gross_amount <> expected.gross_amount
    or levels.discount_amount <> expected.discount_amount
    or levels.net_amount <> expected.net_amount
    or levels.tax_amount <> expected.tax_amount
    or levels.cost_amount <> expected.cost_amount
    or levels.margin_amount <> expected.margin_amount
