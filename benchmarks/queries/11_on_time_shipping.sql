-- How many parcels of the last 30 days were late, by warehouse and carrier?
-- Asked by: logistics, daily.
select
    warehouses.warehouse_name,
    shipments.carrier,
    count(*) as shipments,
    1.0 * count(*) filter (where shipments.is_late) / count(*) as late_rate
from marts.fct_shipments as shipments
inner join marts.dim_warehouses as warehouses
    on shipments.warehouse_id = warehouses.warehouse_id
where shipments.promised_date between cast(:'day' as date) - 29 and :'day'
group by warehouses.warehouse_name, shipments.carrier
order by late_rate desc
