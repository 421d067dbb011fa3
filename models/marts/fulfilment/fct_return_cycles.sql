with fct_returns as (
    select * from {{ ref('fct_returns') }}
    {{ where_changed('return_id') }}
),

fct_inventory_movements as (
    select * from {{ ref('fct_inventory_movements') }}
    {{ where_changed('return_id') }}
),

-- The shop notes no time of receipt: the goods' way into stock has it.
arrivals as (
    select
        return_id,
        warehouse_id,
        occurred_at,
        row_number() over (
            partition by return_id
            order by occurred_at, movement_id
        ) as arrival_number
    from fct_inventory_movements
    where
        return_id is not null
        and movement_type = 'return'
),

joined as (
    select
        fct_returns.*,
        arrivals.warehouse_id,
        arrivals.occurred_at as received_at
    from fct_returns
    left join arrivals
        on
            fct_returns.return_id = arrivals.return_id
            and arrivals.arrival_number = 1
),

final as (
    select
        product_key,
        return_id,
        order_id,
        warehouse_id,
        return_number,
        return_reason,
        return_status,
        country_code,
        quantity,
        {{ hours_between('received_at', 'requested_at') }} as hours_to_receive,
        {{ hours_between('refunded_at', 'received_at') }} as hours_to_refund,
        {{ hours_between('refunded_at', 'requested_at') }} as hours_to_close,
        case
            when return_status in ('requested', 'received') then {{ bool_true() }}
            else {{ bool_false() }}
        end as is_open,
        requested_date,
        requested_at,
        received_at,
        refunded_at
    from joined
)

select * from final
