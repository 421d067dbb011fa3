with items_changed as (
    {{ changes_in('fct_order_items', 'int_sales_daily') }}
),

dim_categories as (
    {{ changes_in('dim_categories', 'int_sales_daily') }}
),

-- Country and day are the order's: lines of it that did not change have no others.
final as (
    select
        order_id,
        country_code,
        order_date
    from items_changed
    union
    select
        fct_order_items.order_id,
        fct_order_items.country_code,
        fct_order_items.order_date
    from {{ ref('fct_order_items') }} as fct_order_items
    inner join dim_categories
        on fct_order_items.category_key = dim_categories.category_key
)

select * from final
