with fct_order_items as (
    {{ signed_rows('fct_order_items', key='order_id') }}
),

dim_categories as (
    {{ signed_rows('dim_categories') }}
),

-- One row per order and category. An order counts once in each of its categories, and once in all.
orders_by_category as (
    select
        fct_order_items.order_id,
        fct_order_items.country_code,
        coalesce(dim_categories.category_level_1, 'Unknown') as category_level_1,
        fct_order_items.row_sign,
        sum(fct_order_items.quantity) as quantity,
        sum(fct_order_items.gross_amount) as gross_amount,
        sum(fct_order_items.discount_amount) as discount_amount,
        sum(fct_order_items.net_amount) as net_amount,
        sum(fct_order_items.tax_amount) as tax_amount,
        sum(fct_order_items.cost_amount) as cost_amount,
        sum(fct_order_items.margin_amount) as margin_amount,
        fct_order_items.order_date
    from fct_order_items
    left join dim_categories
        on
            fct_order_items.category_key = dim_categories.category_key
            and fct_order_items.row_sign = dim_categories.row_sign
    where fct_order_items.is_cancelled = {{ bool_false() }}
    group by
        fct_order_items.order_id,
        fct_order_items.country_code,
        coalesce(dim_categories.category_level_1, 'Unknown'),
        fct_order_items.row_sign,
        fct_order_items.order_date
),

-- Counting one row of each order lets plain sums replace a distinct count per total.
counted as (
    select
        orders_by_category.*,
        row_number() over (
            partition by order_id, row_sign
            order by category_level_1
        ) as category_number
    from orders_by_category
),

-- Of orders that changed, what they add now and what they added then; on top of the sums then.
summands as (
    select
        country_code,
        category_level_1,
        row_sign as category_order_count,
        case when category_number = 1 then row_sign else 0 end as order_count,
        row_sign * quantity as quantity,
        row_sign * gross_amount as gross_amount,
        row_sign * discount_amount as discount_amount,
        row_sign * net_amount as net_amount,
        row_sign * tax_amount as tax_amount,
        row_sign * cost_amount as cost_amount,
        row_sign * margin_amount as margin_amount,
        order_date
    from counted
    {%- if builds_on_changes() %}
    union all
    select
        country_code,
        category_level_1,
        category_order_count,
        order_count,
        quantity,
        gross_amount,
        discount_amount,
        net_amount,
        tax_amount,
        cost_amount,
        margin_amount,
        order_date
    from {{ this }}
    {{ where_changed(['country_code', 'order_date']) }}
    {%- endif %}
),

final as (
    select
        country_code,
        category_level_1,
        cast(sum(category_order_count) as {{ dbt.type_bigint() }}) as category_order_count,
        cast(sum(order_count) as {{ dbt.type_bigint() }}) as order_count,
        cast(sum(quantity) as {{ dbt.type_bigint() }}) as quantity,
        -- Zero where no rate or no cost is known: what is taken off the last leaves zero too.
        cast(coalesce(sum(gross_amount), 0) as {{ type_money() }}) as gross_amount,
        cast(coalesce(sum(discount_amount), 0) as {{ type_money() }}) as discount_amount,
        cast(coalesce(sum(net_amount), 0) as {{ type_money() }}) as net_amount,
        cast(coalesce(sum(tax_amount), 0) as {{ type_money() }}) as tax_amount,
        cast(coalesce(sum(cost_amount), 0) as {{ type_money() }}) as cost_amount,
        cast(coalesce(sum(margin_amount), 0) as {{ type_money() }}) as margin_amount,
        order_date
    from summands
    group by country_code, category_level_1, order_date
    having sum(category_order_count) > 0
)

select * from final
