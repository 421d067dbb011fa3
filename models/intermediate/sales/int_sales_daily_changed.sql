with items_changed as (
    {{ changes_in('fct_order_items', 'int_sales_daily') }}
),

dim_categories as (
    {{ changes_in('dim_categories', 'int_sales_daily') }}
),

fct_order_items as (
    select * from {{ ref('fct_order_items') }}
),

final as (
    select
        country_code,
        order_date
    from items_changed
    union
    select
        fct_order_items.country_code,
        fct_order_items.order_date
    from fct_order_items
    inner join dim_categories
        on fct_order_items.category_key = dim_categories.category_key
)

select * from final
