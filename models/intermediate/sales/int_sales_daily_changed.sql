with items_changed as (
    {{ changes_in('fct_order_items', 'int_sales_daily') }}
),

categories_changed as (
    {{ changes_in('dim_categories', 'int_sales_daily') }}
),

orders_changed as (
    select order_id from items_changed
    union
    select fct_order_items.order_id
    from {{ ref('fct_order_items') }} as fct_order_items
    inner join categories_changed
        on fct_order_items.category_key = categories_changed.category_key
),

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
    inner join orders_changed
        on fct_order_items.order_id = orders_changed.order_id
)

select * from final
