-- How do the sales of each month compare with the same month of the year before?
-- Asked by: the management board, first tile of the sales dashboard, for one country.
with months as (
    select order_month, net_amount, margin_amount, order_count
    from marts.sales_by_country_category_month
    where sales_level = 'country_month' and country_code = :'country'
)

select
    this_year.order_month,
    this_year.net_amount,
    this_year.order_count,
    last_year.net_amount as net_amount_last_year,
    this_year.net_amount / nullif(last_year.net_amount, 0) - 1 as growth
from months as this_year
left join months as last_year
    on last_year.order_month = cast(this_year.order_month - interval '1 year' as date)
order by this_year.order_month
