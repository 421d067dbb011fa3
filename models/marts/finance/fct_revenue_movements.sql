with fct_orders as (
    select * from {{ ref('fct_orders') }}
),

fct_returns as (
    select * from {{ ref('fct_returns') }}
),

fct_payments as (
    select * from {{ ref('fct_payments') }}
),

numbered_payments as (
    select
        fct_payments.order_id,
        fct_payments.return_id,
        fct_payments.payment_type,
        fct_payments.provider,
        fct_payments.paid_date,
        row_number() over (
            partition by
                fct_payments.payment_type, fct_payments.order_id, fct_payments.return_id
            order by fct_payments.paid_at, fct_payments.payment_id
        ) as payment_number
    from fct_payments
    where fct_payments.is_captured = {{ bool_true() }}
),

-- What settles a document: its first payment of the kind. More of them are differences.
first_payments as (
    select
        order_id,
        return_id,
        payment_type,
        provider,
        paid_date
    from numbered_payments
    where payment_number = 1
),

settled_orders as (
    select
        fct_orders.*,
        charges.provider as charge_provider,
        charges.paid_date as charged_date,
        refunds.provider as refund_provider,
        refunds.paid_date as repaid_date
    from fct_orders
    left join first_payments as charges
        on
            fct_orders.order_id = charges.order_id
            and charges.return_id is null
            and charges.payment_type = 'charge'
    left join first_payments as refunds
        on
            fct_orders.order_id = refunds.order_id
            and refunds.return_id is null
            and refunds.payment_type = 'refund'
),

-- Sale less discount is the net amount, to the last digit, in both currencies.
order_movements as (
    {%- for movement, amount_local, amount in [
        (
            'sale', 'net_amount_local + discount_amount_local', 'net_amount + discount_amount'
        ),
        ('discount', '-discount_amount_local', '-discount_amount'),
        ('tax', 'tax_amount_local', 'tax_amount'),
        ('shipping', 'shipping_amount_local', 'shipping_amount'),
    ] %}
    select
        order_id,
        charge_provider as provider,
        '{{ movement }}' as movement_type,
        country_code,
        channel,
        currency_code,
        {{ amount_local }} as amount_local,
        {{ amount }} as amount,
        order_date as movement_date,
        charged_date as settled_date
    from settled_orders
    where {{ amount_local }} <> 0
    union all
    {%- endfor %}
    select
        order_id,
        refund_provider as provider,
        'cancellation' as movement_type,
        country_code,
        channel,
        currency_code,
        -(net_amount_local + tax_amount_local + shipping_amount_local) as amount_local,
        -(net_amount + tax_amount + shipping_amount) as amount,
        coalesce({{ date_of('cancelled_at') }}, order_date) as movement_date,
        repaid_date as settled_date
    from settled_orders
    where is_cancelled = {{ bool_true() }}
),

return_movements as (
    select
        fct_returns.return_id,
        fct_returns.order_id,
        refunds.provider,
        fct_returns.country_code,
        fct_returns.channel,
        fct_returns.currency_code,
        -fct_returns.refund_amount_local as amount_local,
        -fct_returns.refund_amount as amount,
        fct_returns.refunded_date as movement_date,
        refunds.paid_date as settled_date
    from fct_returns
    left join first_payments as refunds
        on
            fct_returns.return_id = refunds.return_id
            and refunds.payment_type = 'refund'
    where fct_returns.is_refunded = {{ bool_true() }}
),

movements as (
    select
        'order' as document_type,
        order_id as document_id,
        movement_type,
        order_id,
        provider,
        channel,
        country_code,
        currency_code,
        amount_local,
        amount,
        movement_date,
        settled_date
    from order_movements
    union all
    select
        'return' as document_type,
        return_id as document_id,
        'refund' as movement_type,
        order_id,
        provider,
        channel,
        country_code,
        currency_code,
        amount_local,
        amount,
        movement_date,
        settled_date
    from return_movements
    union all
    select
        'payment' as document_type,
        payment_id as document_id,
        'adjustment' as movement_type,
        order_id,
        provider,
        channel,
        country_code,
        currency_code,
        amount_local,
        amount,
        paid_date as movement_date,
        paid_date as settled_date
    from fct_payments
    where
        payment_type = 'adjustment'
        and is_captured = {{ bool_true() }}
),

final as (
    select
        cast(document_type as varchar(16)) as document_type,
        document_id,
        cast(movement_type as varchar(16)) as movement_type,
        order_id,
        provider,
        channel,
        country_code,
        currency_code,
        cast(amount_local as {{ type_money() }}) as amount_local,
        cast(amount as {{ type_money() }}) as amount,
        movement_date,
        settled_date
    from movements
)

select * from final
