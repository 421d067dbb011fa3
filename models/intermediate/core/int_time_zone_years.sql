with time_zone_offsets as (
    select * from {{ ref('time_zone_offsets') }}
),

year_numbers as (
    {{ numbers(100) }}
),

-- The first offset that is known holds for all time before, the last one for all time after.
periods as (
    select
        time_zone,
        offset_minutes,
        case
            when row_number() over (partition by time_zone order by valid_from) = 1
                then {{ low_timestamp() }}
            else valid_from
        end as valid_from,
        coalesce(
            lead(valid_from) over (partition by time_zone order by valid_from),
            {{ high_timestamp() }}
        ) as valid_to
    from time_zone_offsets
),

years as (
    select 1970 + ordinal as utc_year from year_numbers
),

final as (
    select
        periods.time_zone,
        cast(years.utc_year as {{ dbt.type_int() }}) as utc_year,
        periods.offset_minutes,
        periods.valid_from,
        periods.valid_to
    from periods
    inner join years
        on
            years.utc_year >= {{ year_of('periods.valid_from') }}
            and years.utc_year <= {{ year_of('periods.valid_to') }}
)

select * from final
