{%- set recommendations = 5 -%}
{%- set days = 365 -%}

with fct_order_items as (
    select * from {{ ref('fct_order_items') }}
    where
        customer_id is not null
        and is_cancelled = {{ bool_false() }}
),

product_performance as (
    select * from {{ ref('product_performance') }}
),

product_recommendations as (
    select * from {{ ref('product_recommendations') }}
    where recommendation_source = 'bought_together'
),

-- Whatever they ever bought is theirs already; what they like shows in the last year.
bought as (
    select
        customer_id,
        sku,
        max(order_date) as last_order_date
    from fct_order_items
    group by customer_id, sku
),

bought_lately as (
    select
        customer_id,
        sku
    from bought
    where
        last_order_date >= {{ date_add_days(as_of_date(), -days) }}
        and last_order_date < {{ as_of_date() }}
),

best_sellers as (
    {{ best_sellers('product_performance') }}
),

categories_bought as (
    select
        bought_lately.customer_id,
        product_performance.category_key,
        row_number() over (
            partition by bought_lately.customer_id
            order by count(*) desc, product_performance.category_key asc
        ) as preference
    from bought_lately
    inner join product_performance
        on bought_lately.sku = product_performance.sku
    where product_performance.category_key <> {{ unknown_key() }}
    group by bought_lately.customer_id, product_performance.category_key
),

customers as (
    select distinct customer_id from bought_lately
),

candidates as (
    select
        bought_lately.customer_id,
        product_recommendations.recommended_sku,
        1 as source_order,
        sum(product_recommendations.confidence) as score
    from bought_lately
    inner join product_recommendations
        on bought_lately.sku = product_recommendations.sku
    group by bought_lately.customer_id, product_recommendations.recommended_sku
    union all
    select
        categories_bought.customer_id,
        best_sellers.sku as recommended_sku,
        2 as source_order,
        0 as score
    from categories_bought
    inner join best_sellers
        on categories_bought.category_key = best_sellers.category_key
    where
        categories_bought.preference = 1
        and best_sellers.category_place <= {{ 4 * recommendations }}
    union all
    select
        customers.customer_id,
        best_sellers.sku as recommended_sku,
        3 as source_order,
        0 as score
    from customers
    cross join best_sellers
    where best_sellers.place <= {{ 4 * recommendations }}
),

new_to_them as (
    select
        candidates.customer_id,
        candidates.recommended_sku,
        candidates.source_order,
        candidates.score,
        row_number() over (
            partition by candidates.customer_id, candidates.recommended_sku
            order by candidates.source_order
        ) as reason_number
    from candidates
    left join bought
        on
            candidates.customer_id = bought.customer_id
            and candidates.recommended_sku = bought.sku
    where bought.sku is null
),

ranked as (
    select
        new_to_them.customer_id,
        new_to_them.recommended_sku,
        new_to_them.source_order,
        row_number() over (
            partition by new_to_them.customer_id
            order by
                new_to_them.source_order asc, new_to_them.score desc, best_sellers.place asc
        ) as recommendation_rank
    from new_to_them
    inner join best_sellers
        on new_to_them.recommended_sku = best_sellers.sku
    where new_to_them.reason_number = 1
),

-- One set for all whom we know nothing of.
everybody_else as (
    select
        cast(null as {{ dbt.type_bigint() }}) as customer_id,
        sku as recommended_sku,
        3 as source_order,
        place as recommendation_rank
    from best_sellers
),

all_ranked as (
    select * from ranked
    where recommendation_rank <= {{ recommendations }}
    union all
    select * from everybody_else
    where recommendation_rank <= {{ recommendations }}
),

final as (
    select
        {{ surrogate_key([
            'cast(all_ranked.customer_id as varchar(20))',
            'cast(all_ranked.recommendation_rank as varchar(20))',
        ]) }} as customer_recommendation_key,
        best_sellers.product_key as recommended_product_key,
        all_ranked.customer_id,
        all_ranked.recommended_sku,
        cast(
            case all_ranked.source_order
                when 1 then 'bought_together'
                when 2 then 'category_best_seller'
                else 'best_seller'
            end as varchar(32)
        ) as recommendation_source,
        cast(all_ranked.recommendation_rank as {{ dbt.type_int() }}) as recommendation_rank
    from all_ranked
    inner join best_sellers
        on all_ranked.recommended_sku = best_sellers.sku
)

select * from final
