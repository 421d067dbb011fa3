-- A day's terms add up to its searches for anything.
with both_sides as (
    select
        search_date,
        1 as search_count
    from {{ ref('fct_searches') }}
    where search_term is not null
    union all
    select
        search_date,
        -search_count as search_count
    from {{ ref('search_terms_daily') }}
)

select
    search_date,
    sum(search_count) as search_difference
from both_sides
group by search_date
having sum(search_count) <> 0
