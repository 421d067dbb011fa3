-- How has each category developed in a country over all months?
-- Asked by: category managers, as a stacked area chart.
select order_month, category_name, net_amount, quantity
from marts.sales_by_country_category_month
where sales_level = 'country_category_month' and country_code = :'country'
order by order_month, category_name
