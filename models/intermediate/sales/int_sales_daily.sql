with fct_order_items as (
    select * from {{ ref('fct_order_items') }}
    {{ where_changed(['country_code', 'order_date']) }}
),

dim_categories as (
    select * from {{ ref('dim_categories') }}
),

-- One row per order and category. An order counts once in each of its categories, and once in all.
orders_by_category as (
    select
        fct_order_items.order_id,
        fct_order_items.country_code,
        coalesce(dim_categories.category_level_1, 'Unknown') as category_level_1,
        fct_order_items.order_date,
        sum(fct_order_items.quantity) as quantity,
        sum(fct_order_items.gross_amount) as gross_amount,
        sum(fct_order_items.discount_amount) as discount_amount,
        sum(fct_order_items.net_amount) as net_amount,
        sum(fct_order_items.tax_amount) as tax_amount,
        sum(fct_order_items.cost_amount) as cost_amount,
        sum(fct_order_items.margin_amount) as margin_amount
    from fct_order_items
    left join dim_categories
        on fct_order_items.category_key = dim_categories.category_key
    where fct_order_items.is_cancelled = {{ bool_false() }}
    group by
        fct_order_items.order_id,
        fct_order_items.country_code,
        coalesce(dim_categories.category_level_1, 'Unknown'),
        fct_order_items.order_date
),

-- Counting one row of each order lets plain sums replace a distinct count per total.
counted as (
    select
        orders_by_category.*,
        row_number() over (
            partition by order_id
            order by category_level_1
        ) as category_number
    from orders_by_category
),

final as (
    select
        country_code,
        category_level_1,
        cast(count(*) as {{ dbt.type_bigint() }}) as category_order_count,
        cast(sum(case when category_number = 1 then 1 else 0 end) as {{ dbt.type_bigint() }})
            as order_count,
        cast(sum(quantity) as {{ dbt.type_bigint() }}) as quantity,
        cast(sum(gross_amount) as {{ type_money() }}) as gross_amount,
        cast(sum(discount_amount) as {{ type_money() }}) as discount_amount,
        cast(sum(net_amount) as {{ type_money() }}) as net_amount,
        cast(sum(tax_amount) as {{ type_money() }}) as tax_amount,
        cast(sum(cost_amount) as {{ type_money() }}) as cost_amount,
        cast(sum(margin_amount) as {{ type_money() }}) as margin_amount,
        order_date
    from counted
    group by country_code, category_level_1, order_date
)

select * from final
