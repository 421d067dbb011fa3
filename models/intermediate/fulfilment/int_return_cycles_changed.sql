with fct_returns as (
    {{ changes_in('fct_returns', 'fct_return_cycles') }}
),

fct_inventory_movements as (
    {{ changes_in('fct_inventory_movements', 'fct_return_cycles') }}
),

final as (
    select return_id from fct_returns
    union
    select return_id from fct_inventory_movements
    where return_id is not null
)

select * from final
