with stg_oltp__exchange_rates as (
    select * from {{ ref('stg_oltp__exchange_rates') }}
),

-- As int_exchange_rates_daily has it: the last quote until today, else the first one after it.
quote_dates as (
    select
        currency_code,
        coalesce(
            max(case when rate_date <= {{ current_date_utc() }} then rate_date end),
            min(rate_date)
        ) as rate_date
    from stg_oltp__exchange_rates
    where currency_code <> 'EUR'
    group by currency_code
),

quotes as (
    select
        stg_oltp__exchange_rates.currency_code,
        stg_oltp__exchange_rates.units_per_euro
    from stg_oltp__exchange_rates
    inner join quote_dates
        on
            stg_oltp__exchange_rates.currency_code = quote_dates.currency_code
            and stg_oltp__exchange_rates.rate_date = quote_dates.rate_date
    union all
    select
        cast('EUR' as varchar(3)) as currency_code,
        cast(1 as {{ type_rate() }}) as units_per_euro
    {{ dual_from() }}
),

final as (
    select
        quotes.currency_code,
        cast(
            round(reporting_currency.units_per_euro / quotes.units_per_euro, 8)
            as {{ type_rate() }}
        ) as rate_to_reporting
    from quotes
    inner join quotes as reporting_currency
        on reporting_currency.currency_code = '{{ var("reporting_currency") }}'
    where quotes.currency_code <> '{{ var("reporting_currency") }}'
    union all
    -- The reporting currency converts at 1 even where nothing quotes it.
    select
        cast('{{ var("reporting_currency") }}' as varchar(3)) as currency_code,
        cast(1 as {{ type_rate() }}) as rate_to_reporting
    {{ dual_from() }}
)

select * from final
