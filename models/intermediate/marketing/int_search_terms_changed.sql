with fct_searches as (
    {{ changes_in('fct_searches', 'search_terms_daily') }}
),

final as (
    select distinct search_date
    from fct_searches
)

select * from final
