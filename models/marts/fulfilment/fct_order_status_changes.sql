with stg_oltp__orders_history as (
    select * from {{ ref('stg_oltp__orders_history') }}
    {{ where_changed(['source_table', 'source_id'], of=["'orders'", 'order_id']) }}
),

stg_oltp__payments_history as (
    select * from {{ ref('stg_oltp__payments_history') }}
    {{ where_changed(['source_table', 'source_id'], of=["'payments'", 'payment_id']) }}
),

stg_oltp__shipments_history as (
    select * from {{ ref('stg_oltp__shipments_history') }}
    {{ where_changed(['source_table', 'source_id'], of=["'shipments'", 'shipment_id']) }}
),

stg_oltp__returns_history as (
    select * from {{ ref('stg_oltp__returns_history') }}
    {{ where_changed(['source_table', 'source_id'], of=["'returns'", 'return_id']) }}
),

fct_returns as (
    select * from {{ ref('fct_returns') }}
),

states as (
    select
        'orders' as source_table,
        order_id as source_id,
        order_id,
        order_status as known_status,
        history_id,
        updated_at,
        committed_at,
        deleted_at
    from stg_oltp__orders_history
    union all
    select
        'payments' as source_table,
        payment_id as source_id,
        order_id,
        payment_status as known_status,
        history_id,
        updated_at,
        committed_at,
        deleted_at
    from stg_oltp__payments_history
    union all
    select
        'shipments' as source_table,
        shipment_id as source_id,
        order_id,
        shipment_status as known_status,
        history_id,
        updated_at,
        committed_at,
        deleted_at
    from stg_oltp__shipments_history
    union all
    select
        'returns' as source_table,
        stg_oltp__returns_history.return_id as source_id,
        fct_returns.order_id,
        stg_oltp__returns_history.return_status as known_status,
        stg_oltp__returns_history.history_id,
        stg_oltp__returns_history.updated_at,
        stg_oltp__returns_history.committed_at,
        stg_oltp__returns_history.deleted_at
    from stg_oltp__returns_history
    left join fct_returns
        on stg_oltp__returns_history.return_id = fct_returns.return_id
),

-- A deletion has the key alone.
states_named as (
    select
        source_table,
        source_id,
        case when deleted_at is null then known_status else 'deleted' end as status,
        coalesce(
            order_id,
            lag(order_id) over (partition by source_table, source_id order by history_id)
        ) as order_id,
        history_id,
        updated_at,
        committed_at,
        deleted_at
    from states
),

states_compared as (
    select
        states_named.*,
        lag(status) over (partition by source_table, source_id order by history_id)
            as previous_status
    from states_named
),

states_kept as (
    select
        states_compared.*,
        max(coalesce(deleted_at, updated_at)) over (
            partition by source_table, source_id order by history_id
            rows between unbounded preceding and 1 preceding
        ) as last_known_at
    from states_compared
    where
        previous_status is null
        or status <> previous_status
),

-- By the source's clock where it has moved forward, as the snapshots date their states.
states_begun as (
    select
        states_kept.*,
        max(
            case
                when last_known_at is null or updated_at > last_known_at
                    then coalesce(updated_at, committed_at)
                else committed_at
            end
        ) over (
            partition by source_table, source_id order by history_id
            rows between unbounded preceding and current row
        ) as begun_at
    from states_kept
),

states_numbered as (
    select
        states_begun.*,
        row_number() over (partition by source_table, source_id order by history_id)
            as state_number,
        lag(begun_at) over (partition by source_table, source_id order by history_id)
            as previous_begun_at
    from states_begun
),

final as (
    select
        {{ surrogate_key([
            'source_table', 'cast(source_id as varchar(20))', 'cast(state_number as varchar(20))'
        ]) }} as order_status_change_key,
        order_id,
        source_id,
        cast(source_table as varchar(32)) as source_table,
        cast(state_number - 1 as {{ dbt.type_int() }}) as change_number,
        cast(previous_status as varchar(16)) as previous_status,
        cast(status as varchar(16)) as new_status,
        {{ hours_between('begun_at', 'previous_begun_at') }} as hours_in_previous_status,
        {{ date_of('begun_at') }} as changed_date,
        begun_at as changed_at
    from states_numbered
    where previous_status is not null
)

select * from final
