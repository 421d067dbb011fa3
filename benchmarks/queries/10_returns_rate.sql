-- What share of a month's sales came back, by category and reason?
-- Asked by: quality management, monthly.
with sold as (
    select category_name, quantity
    from marts.sales_by_country_category_month
    where sales_level = 'category_month' and order_month = :'month'
),

returned as (
    select
        categories.category_level_1 as category_name,
        returns.return_reason,
        sum(returns.quantity) as units,
        sum(returns.returned_net_amount) as net_amount
    from marts.fct_returns as returns
    inner join marts.dim_categories as categories
        on returns.category_key = categories.category_key
    where
        returns.order_date >= :'month'
        and returns.order_date < cast(:'month' as date) + interval '1 month'
        and returns.return_status <> 'rejected'
    group by categories.category_level_1, returns.return_reason
)

select
    sold.category_name,
    returned.return_reason,
    returned.units,
    returned.net_amount,
    1.0 * returned.units / nullif(sold.quantity, 0) as returns_rate
from sold
inner join returned on sold.category_name = returned.category_name
order by sold.category_name, returned.units desc
