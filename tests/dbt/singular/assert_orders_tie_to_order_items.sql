-- Orders and lines give the same answer in the reporting currency, whichever a report reads.
with both_sides as (
    select
        country_code,
        quantity,
        gross_amount,
        discount_amount,
        net_amount,
        tax_amount,
        cost_amount,
        margin_amount
    from {{ ref('fct_orders') }}
    union all
    select
        country_code,
        -quantity as quantity,
        -gross_amount as gross_amount,
        -discount_amount as discount_amount,
        -net_amount as net_amount,
        -tax_amount as tax_amount,
        -cost_amount as cost_amount,
        -margin_amount as margin_amount
    from {{ ref('fct_order_items') }}
)

select
    country_code,
    sum(quantity) as quantity_difference,
    sum(gross_amount) as gross_difference,
    sum(discount_amount) as discount_difference,
    sum(net_amount) as net_difference,
    sum(tax_amount) as tax_difference,
    sum(cost_amount) as cost_difference,
    sum(margin_amount) as margin_difference
from both_sides
group by country_code
having
    sum(quantity) <> 0
    or sum(gross_amount) <> 0
    or sum(discount_amount) <> 0
    or sum(net_amount) <> 0
    or sum(tax_amount) <> 0
    or sum(cost_amount) <> 0
    or sum(margin_amount) <> 0
