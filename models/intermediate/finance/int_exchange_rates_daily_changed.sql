{%- set through = loaded_through('int_exchange_rates_daily') -%}

with dim_dates as (
    {{ changes_in('dim_dates', 'int_exchange_rates_daily') }}
),

touched as (
    select rate_date as touched_date
    from {{ ref('stg_oltp__exchange_rates') }}
    where loaded_at > {{ through }}
    union all
    select {{ date_of('deleted_at') }} as touched_date
    from {{ ref('stg_oltp__deletions') }}
    where
        table_name = 'exchange_rates'
        and loaded_at > {{ through }}
    union all
    select date_day as touched_date
    from dim_dates
),

currencies as (
    select currency_code from {{ ref('stg_oltp__exchange_rates') }}
    union
    select cast(substr(row_key, 1, 3) as varchar(3)) as currency_code
    from {{ ref('stg_oltp__deletions') }}
    where table_name = 'exchange_rates'
    union
    select cast('EUR' as varchar(3)) as currency_code {{ dual_from() }}
    union
    select cast('{{ var("reporting_currency") }}' as varchar(3)) as currency_code
    {{ dual_from() }}
),

-- Every rate goes through the euro and the reporting currency, so one quote may change them all;
-- they are few.
final as (
    select currency_code
    from currencies
    where exists (select 1 from touched)
)

select * from final
