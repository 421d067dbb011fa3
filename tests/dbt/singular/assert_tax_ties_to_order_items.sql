-- The tax of all months is that of all lines that were sold.
with charged as (
    select coalesce(sum(charged_tax_amount), 0) as tax_amount
    from {{ ref('tax_by_country_month') }}
),

sold as (
    select coalesce(sum(tax_amount), 0) as tax_amount
    from {{ ref('fct_order_items') }}
    where is_cancelled = {{ bool_false() }}
)

select
    charged.tax_amount as charged_tax_amount,
    sold.tax_amount as sold_tax_amount
from charged
cross join sold
where charged.tax_amount <> sold.tax_amount
