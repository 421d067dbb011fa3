with fct_searches as (
    select * from {{ ref('fct_searches') }}
    {{ where_changed('search_date') }}
),

terms as (
    select
        search_date,
        search_term,
        count(*) as search_count,
        sum(case when is_without_results = {{ bool_true() }} then 1 else 0 end)
            as search_without_results_count,
        sum(case when has_click = {{ bool_true() }} then 1 else 0 end) as click_count,
        sum(case when has_purchase = {{ bool_true() }} then 1 else 0 end) as purchase_count
    from fct_searches
    where search_term is not null
    group by search_date, search_term
),

final as (
    select
        search_term,
        cast(search_count as {{ dbt.type_bigint() }}) as search_count,
        cast(search_without_results_count as {{ dbt.type_bigint() }})
            as search_without_results_count,
        cast(click_count as {{ dbt.type_bigint() }}) as click_count,
        cast(purchase_count as {{ dbt.type_bigint() }}) as purchase_count,
        search_date
    from terms
)

select * from final
