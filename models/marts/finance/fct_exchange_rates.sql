with int_exchange_rates_daily as (
    select * from {{ ref('int_exchange_rates_daily') }}
    {{ where_changed('rate_date') }}
),

final as (
    select
        {{ surrogate_key(['currency_code', format_date('rate_date')]) }} as exchange_rate_key,
        currency_code,
        cast('{{ var("reporting_currency") }}' as varchar(3)) as reporting_currency_code,
        units_per_euro,
        rate_to_reporting,
        case
            when quote_date < rate_date then {{ bool_true() }} else {{ bool_false() }}
        end as is_carried_forward,
        rate_date,
        quote_date
    from int_exchange_rates_daily
    where
        -- Days before the first quote, which take it, are no quoted days.
        rate_date >= quote_date
        and rate_date <= {{ as_of_date() }}
)

select * from final
