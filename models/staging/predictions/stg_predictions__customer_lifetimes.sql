with customer_lifetimes as (
    select * from {{ source('predictions', 'customer_lifetimes') }}
),

final as (
    select
        cast(person_key as char(32)) as person_key,
        cast(prediction_days as integer) as prediction_days,
        cast(alive_probability as numeric(18, 8)) as alive_probability,
        cast(expected_purchase_count as numeric(18, 8)) as expected_purchase_count,
        cast(expected_purchase_amount as numeric(18, 4)) as expected_purchase_amount,
        predicted_at at time zone 'UTC' as predicted_at
    from customer_lifetimes
)

select * from final
