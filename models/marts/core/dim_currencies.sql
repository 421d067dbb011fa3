with currencies as (
    select * from {{ ref('currencies') }}
),

final as (
    select
        currency_code,
        currency_name,
        minor_unit_digits,
        case
            when currency_code = '{{ var("reporting_currency") }}' then {{ bool_true() }}
            else {{ bool_false() }}
        end as is_reporting_currency
    from currencies
)

select * from final
