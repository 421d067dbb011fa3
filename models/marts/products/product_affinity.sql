{%- set days = 365 -%}
{%- set most_products = 50 -%}
{%- set fewest_orders = 5 -%}

with fct_order_items as (
    select * from {{ ref('fct_order_items') }}
    where
        is_cancelled = {{ bool_false() }}
        and order_date >= {{ date_add_days(as_of_date(), -days) }}
        and order_date < {{ as_of_date() }}
),

dim_products as (
    select * from {{ ref('dim_products') }}
),

basket_products as (
    select
        fct_order_items.order_id,
        fct_order_items.sku,
        min(fct_order_items.order_item_id) as first_item_id
    from fct_order_items
    inner join dim_products
        on fct_order_items.product_key = dim_products.product_key
    where coalesce(dim_products.product_type, 'none') <> 'service'
    group by fct_order_items.order_id, fct_order_items.sku
),

-- What bounds the work: a basket of n products has n * (n - 1) / 2 pairs.
baskets as (
    select order_id
    from basket_products
    group by order_id
    having count(*) <= {{ most_products }}
),

basket_totals as (
    select cast(count(*) as {{ dbt.type_bigint() }}) as basket_count from baskets
),

basket_lines as (
    select basket_products.*
    from basket_products
    inner join baskets
        on basket_products.order_id = baskets.order_id
),

-- Both products of a frequent pair are frequent, so the others need not be paired at all. A number
-- tells which of two products is first: engines order texts differently.
products as (
    select
        sku,
        min(first_item_id) as product_number,
        cast(count(*) as {{ dbt.type_bigint() }}) as order_count
    from basket_lines
    group by sku
    having count(*) >= {{ fewest_orders }}
),

frequent_lines as (
    select
        basket_lines.order_id,
        products.product_number
    from basket_lines
    inner join products
        on basket_lines.sku = products.sku
),

pairs as (
    select
        frequent_lines.product_number,
        other_lines.product_number as other_product_number,
        cast(count(*) as {{ dbt.type_bigint() }}) as pair_order_count
    from frequent_lines
    inner join frequent_lines as other_lines
        on
            frequent_lines.order_id = other_lines.order_id
            and frequent_lines.product_number < other_lines.product_number
    group by frequent_lines.product_number, other_lines.product_number
    having count(*) >= {{ fewest_orders }}
),

both_ways as (
    select
        product_number,
        other_product_number,
        pair_order_count
    from pairs
    union all
    select
        other_product_number as product_number,
        product_number as other_product_number,
        pair_order_count
    from pairs
),

final as (
    select
        products.sku,
        other_products.sku as other_sku,
        basket_totals.basket_count,
        products.order_count,
        other_products.order_count as other_order_count,
        both_ways.pair_order_count,
        {{ rate_of('both_ways.pair_order_count', 'basket_totals.basket_count') }} as support,
        {{ rate_of('both_ways.pair_order_count', 'products.order_count') }} as confidence,
        {{ rate_of('both_ways.pair_order_count', 'other_products.order_count') }}
            as reverse_confidence,
        {{ rate_of(
            'both_ways.pair_order_count * basket_totals.basket_count',
            'products.order_count * other_products.order_count',
        ) }} as lift
    from both_ways
    inner join products
        on both_ways.product_number = products.product_number
    inner join products as other_products
        on both_ways.other_product_number = other_products.product_number
    cross join basket_totals
)

select * from final
