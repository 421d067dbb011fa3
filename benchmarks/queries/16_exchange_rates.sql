-- How did a currency move against the reporting currency in the last 90 days?
-- Asked by: finance, beside every converted figure.
select rate_date, rate_to_reporting, is_carried_forward
from marts.fct_exchange_rates
where currency_code = :'currency' and rate_date between cast(:'day' as date) - 89 and :'day'
order by rate_date
