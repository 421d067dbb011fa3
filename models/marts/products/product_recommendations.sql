{%- set recommendations = 10 -%}

with product_performance as (
    select * from {{ ref('product_performance') }}
),

product_affinity as (
    select * from {{ ref('product_affinity') }}
),

dim_products as (
    select * from {{ ref('dim_products') }}
    where
        is_current = {{ bool_true() }}
        and is_deleted = {{ bool_false() }}
        and product_status <> 'draft'
        and coalesce(product_type, 'none') <> 'service'
),

best_sellers as (
    {{ best_sellers('product_performance') }}
),

-- Of each kind of best sellers twice as many as are wanted: others of them are taken already.
candidates as (
    select
        product_affinity.sku,
        best_sellers.product_key as recommended_product_key,
        best_sellers.sku as recommended_sku,
        1 as source_order,
        product_affinity.confidence,
        best_sellers.place
    from product_affinity
    inner join best_sellers
        on product_affinity.other_sku = best_sellers.sku
    where product_affinity.lift > 1
    union all
    select
        dim_products.sku,
        best_sellers.product_key as recommended_product_key,
        best_sellers.sku as recommended_sku,
        2 as source_order,
        cast(null as {{ type_rate() }}) as confidence,
        best_sellers.place
    from dim_products
    inner join best_sellers
        on dim_products.category_key = best_sellers.category_key
    where
        best_sellers.category_place <= {{ 2 * recommendations }}
        and dim_products.category_key <> {{ unknown_key() }}
    union all
    select
        dim_products.sku,
        best_sellers.product_key as recommended_product_key,
        best_sellers.sku as recommended_sku,
        3 as source_order,
        cast(null as {{ type_rate() }}) as confidence,
        best_sellers.place
    from dim_products
    cross join best_sellers
    where best_sellers.place <= {{ 2 * recommendations }}
),

best_reasons as (
    select
        candidates.*,
        row_number() over (
            partition by sku, recommended_sku order by source_order
        ) as reason_number
    from candidates
    where sku <> recommended_sku
),

-- No confidence sorts as none on every engine.
ranked as (
    select
        best_reasons.*,
        row_number() over (
            partition by sku
            order by source_order asc, coalesce(confidence, 0) desc, place asc
        ) as recommendation_rank
    from best_reasons
    where reason_number = 1
),

final as (
    select
        ranked.recommended_product_key,
        ranked.sku,
        ranked.recommended_sku,
        cast(
            case ranked.source_order
                when 1 then 'bought_together'
                when 2 then 'category_best_seller'
                else 'best_seller'
            end as varchar(32)
        ) as recommendation_source,
        cast(ranked.recommendation_rank as {{ dbt.type_int() }}) as recommendation_rank,
        ranked.confidence
    from ranked
    inner join dim_products
        on ranked.sku = dim_products.sku
    where ranked.recommendation_rank <= {{ recommendations }}
)

select * from final
