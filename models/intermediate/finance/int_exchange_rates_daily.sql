with stg_oltp__exchange_rates as (
    select * from {{ ref('stg_oltp__exchange_rates') }}
),

dim_dates as (
    select * from {{ ref('dim_dates') }}
),

-- The source quotes units per euro, so the euro is quoted, at 1, whenever anything is.
quotes as (
    select
        currency_code,
        rate_date,
        units_per_euro
    from stg_oltp__exchange_rates
    where currency_code <> 'EUR'
    union all
    select distinct
        'EUR' as currency_code,
        rate_date,
        cast(1 as {{ type_rate() }}) as units_per_euro
    from stg_oltp__exchange_rates
),

-- The reporting currency converts at 1 even where nothing quotes it.
currencies as (
    select currency_code from quotes
    union
    select cast('{{ var("reporting_currency") }}' as varchar(3)) as currency_code
    {{ dual_from() }}
),

quotes_by_day as (
    select
        currencies.currency_code,
        dim_dates.date_day as rate_date,
        quotes.units_per_euro,
        quotes.rate_date as quote_date,
        count(quotes.rate_date) over (
            partition by currencies.currency_code
            order by dim_dates.date_day
            rows between unbounded preceding and current row
        ) as quotes_so_far
    from currencies
    cross join dim_dates
    left join quotes
        on
            currencies.currency_code = quotes.currency_code
            and dim_dates.date_day = quotes.rate_date
    {{ where_changed('currency_code', of='currencies.currency_code') }}
),

-- A day belongs to the last quote on or before it; days before the first quote belong to the first.
quote_numbers as (
    select
        currency_code,
        rate_date,
        units_per_euro,
        quote_date,
        case when quotes_so_far = 0 then 1 else quotes_so_far end as quote_number
    from quotes_by_day
),

filled as (
    select
        currency_code,
        rate_date,
        max(units_per_euro) over (
            partition by currency_code, quote_number
        ) as units_per_euro,
        max(quote_date) over (
            partition by currency_code, quote_number
        ) as quote_date
    from quote_numbers
),

reporting_currency as (
    select
        rate_date,
        units_per_euro
    from filled
    where currency_code = '{{ var("reporting_currency") }}'
),

final as (
    select
        filled.currency_code,
        cast(filled.units_per_euro as {{ type_rate() }}) as units_per_euro,
        case
            when filled.currency_code = '{{ var("reporting_currency") }}'
                then cast(1 as {{ type_rate() }})
            else
                cast(
                    round(reporting_currency.units_per_euro / filled.units_per_euro, 8)
                    as {{ type_rate() }}
                )
        end as rate_to_reporting,
        filled.rate_date,
        filled.quote_date
    from filled
    inner join reporting_currency
        on filled.rate_date = reporting_currency.rate_date
)

select * from final
