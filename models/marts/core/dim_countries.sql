with countries as (
    select * from {{ ref('countries') }}
),

final as (
    select
        country_code,
        country_code_alpha3,
        country_name,
        region_name,
        sub_region_name,
        continent_name,
        time_zone,
        is_eu_member,
        is_user_assigned
    from countries
)

select * from final
