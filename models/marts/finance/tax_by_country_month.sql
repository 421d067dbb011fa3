with fct_order_items as (
    select * from {{ ref('fct_order_items') }}
),

fct_returns as (
    select * from {{ ref('fct_returns') }}
),

-- A refund gives back net and tax in one sum, at the rate of the line it is of.
refunds as (
    select
        fct_returns.country_code,
        fct_returns.currency_code,
        coalesce(fct_order_items.tax_rate, 0) as tax_rate,
        fct_returns.refund_amount_local,
        cast(
            round(
                fct_returns.refund_amount_local * coalesce(fct_order_items.tax_rate, 0)
                / (1 + coalesce(fct_order_items.tax_rate, 0)),
                4
            ) as {{ type_money() }}
        ) as returned_tax_amount_local,
        fct_returns.refund_rate_to_reporting,
        fct_returns.refunded_date
    from fct_returns
    left join fct_order_items
        on fct_returns.order_item_id = fct_order_items.order_item_id
    where fct_returns.is_refunded = {{ bool_true() }}
),

-- Tax is owed for the month of the sale and given back in the month of the refund.
both_sides as (
    select
        country_code,
        currency_code,
        tax_rate,
        net_amount_local as taxed_amount_local,
        tax_amount_local as charged_tax_amount_local,
        0 as returned_tax_amount_local,
        tax_amount as charged_tax_amount,
        0 as returned_tax_amount,
        {{ month_start('order_date') }} as tax_month_date
    from fct_order_items
    where is_cancelled = {{ bool_false() }}
    union all
    select
        country_code,
        currency_code,
        tax_rate,
        -(refund_amount_local - returned_tax_amount_local) as taxed_amount_local,
        0 as charged_tax_amount_local,
        returned_tax_amount_local,
        0 as charged_tax_amount,
        {{ in_reporting_currency('returned_tax_amount_local', 'refund_rate_to_reporting') }}
            as returned_tax_amount,
        {{ month_start('refunded_date') }} as tax_month_date
    from refunds
),

final as (
    select
        country_code,
        currency_code,
        cast(tax_rate as decimal(6, 4)) as tax_rate,
        cast(sum(taxed_amount_local) as {{ type_money() }}) as taxed_amount_local,
        cast(sum(charged_tax_amount_local) as {{ type_money() }}) as charged_tax_amount_local,
        cast(sum(returned_tax_amount_local) as {{ type_money() }}) as returned_tax_amount_local,
        cast(sum(charged_tax_amount) as {{ type_money() }}) as charged_tax_amount,
        cast(sum(returned_tax_amount) as {{ type_money() }}) as returned_tax_amount,
        cast(
            sum(charged_tax_amount) - sum(returned_tax_amount) as {{ type_money() }}
        ) as tax_amount,
        tax_month_date
    from both_sides
    group by country_code, currency_code, tax_rate, tax_month_date
)

select * from final
