with stg_oltp__stock_levels as (
    select * from {{ ref('stg_oltp__stock_levels') }}
),

final as (
    select
        warehouse_id,
        sku,
        cast(
            case
                when quantity_on_hand <= 0 then 'out_of_stock'
                when quantity_on_hand <= reorder_point then 'low'
                else 'in_stock'
            end as varchar(16)
        ) as stock_state,
        quantity_on_hand,
        reorder_point,
        updated_at as stock_changed_at
    from stg_oltp__stock_levels
)

select * from final
