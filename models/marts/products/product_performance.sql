{%- set days = 365 -%}

with fct_order_items as (
    select * from {{ ref('fct_order_items') }}
    where
        is_cancelled = {{ bool_false() }}
        and order_date >= {{ date_add_days(as_of_date(), -days) }}
        and order_date < {{ as_of_date() }}
),

fct_returns as (
    select * from {{ ref('fct_returns') }}
    where
        is_matched = {{ bool_true() }}
        and return_status <> 'rejected'
        and order_date >= {{ date_add_days(as_of_date(), -days) }}
        and order_date < {{ as_of_date() }}
),

dim_products as (
    select * from {{ ref('dim_products') }}
    where
        is_current = {{ bool_true() }}
        and sku is not null
),

sold as (
    select
        sku,
        count(distinct order_id) as order_count,
        sum(quantity) as quantity,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(net_amount) as net_amount,
        sum(case when cost_amount is not null then net_amount end) as costed_net_amount,
        sum(margin_amount) as margin_amount
    from fct_order_items
    group by sku
),

returned as (
    select
        sku,
        sum(quantity) as returned_quantity
    from fct_returns
    group by sku
),

skus as (
    select sku from dim_products
    union
    select sku from sold
),

-- Products of the same net sales share a rank, and what they add up to.
ranked as (
    select
        sku,
        rank() over (order by net_amount desc) as sales_rank,
        sum(net_amount) over (order by net_amount desc) as running_net_amount,
        sum(net_amount) over (partition by net_amount) as same_net_amount,
        sum(net_amount) over () as total_net_amount
    from sold
),

final as (
    select
        coalesce(dim_products.product_key, {{ unknown_key() }}) as product_key,
        coalesce(dim_products.category_key, {{ unknown_key() }}) as category_key,
        skus.sku,
        coalesce(dim_products.product_name, 'Unknown') as product_name,
        coalesce(dim_products.category_path, 'Unknown') as category_path,
        cast(
            case
                when
                    ranked.running_net_amount - ranked.same_net_amount
                    < 0.8 * ranked.total_net_amount
                    then 'A'
                when
                    ranked.running_net_amount - ranked.same_net_amount
                    < 0.95 * ranked.total_net_amount
                    then 'B'
                when ranked.sku is not null then 'C'
            end as varchar(1)
        ) as sales_class,
        cast(ranked.sales_rank as {{ dbt.type_bigint() }}) as sales_rank,
        cast(coalesce(sold.order_count, 0) as {{ dbt.type_bigint() }}) as order_count,
        cast(coalesce(sold.quantity, 0) as {{ dbt.type_bigint() }}) as quantity,
        cast(coalesce(returned.returned_quantity, 0) as {{ dbt.type_bigint() }})
            as returned_quantity,
        cast(coalesce(sold.gross_amount, 0) as {{ type_money() }}) as gross_amount,
        cast(coalesce(sold.discount_amount, 0) as {{ type_money() }}) as discount_amount,
        cast(coalesce(sold.net_amount, 0) as {{ type_money() }}) as net_amount,
        cast(sold.margin_amount as {{ type_money() }}) as margin_amount,
        {{ rate_of('sold.margin_amount', 'sold.costed_net_amount') }} as margin_rate,
        {{ rate_of('coalesce(returned.returned_quantity, 0)', 'sold.quantity') }} as returns_rate,
        {{ rate_of('sold.net_amount', 'ranked.total_net_amount') }} as sales_share,
        {{ rate_of('ranked.running_net_amount', 'ranked.total_net_amount') }}
            as cumulative_sales_share,
        case
            when
                dim_products.is_deleted = {{ bool_false() }}
                and dim_products.product_status = 'active'
                and coalesce(dim_products.product_type, 'none') <> 'service'
                then {{ bool_true() }}
            else {{ bool_false() }}
        end as is_offered,
        {{ as_of_date() }} as counted_before_date
    from skus
    left join dim_products
        on skus.sku = dim_products.sku
    left join sold
        on skus.sku = sold.sku
    left join returned
        on skus.sku = returned.sku
    left join ranked
        on skus.sku = ranked.sku
)

select * from final
