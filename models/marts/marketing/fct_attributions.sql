{%- set look_back_days = 30 -%}
{%- set look_back_minutes = look_back_days * 24 * 60 -%}
{%- set half_life_days = 7 -%}

-- Sessions are joined where they are needed: of a CTE that is read twice PostgreSQL makes a copy,
-- here of all sessions there are.
with fct_orders as (
    select * from {{ ref('fct_orders') }}
    {{ where_changed('order_id') }}
),

fct_web_events as (
    select * from {{ ref('fct_web_events') }}
),

purchase_events as (
    select
        fct_orders.order_id,
        fct_web_events.visitor_key,
        fct_web_events.occurred_at as purchased_at,
        row_number() over (
            partition by fct_orders.order_id
            order by fct_web_events.occurred_at, fct_web_events.event_id
        ) as purchase_number
    from fct_orders
    inner join fct_web_events
        on fct_orders.order_number = fct_web_events.order_number
    where
        fct_web_events.event_type = 'purchase'
        -- Said for the planner, which otherwise looks at events of all kinds.
        and fct_web_events.order_number is not null
        and fct_web_events.visitor_key is not null
        and fct_web_events.is_bot = {{ bool_false() }}
),

-- A purchase is the visitor's who reported it first, and of the person known by then.
purchases as (
    select
        purchase_events.order_id,
        purchase_events.visitor_key,
        sessions.identity_key,
        purchase_events.purchased_at
    from purchase_events
    inner join {{ ref('fct_sessions') }} as sessions
        on
            purchase_events.visitor_key = sessions.visitor_key
            and purchase_events.purchased_at >= sessions.started_at
            and purchase_events.purchased_at <= sessions.ended_at
    where purchase_events.purchase_number = 1
),

visits as (
    select
        purchases.order_id,
        purchases.purchased_at,
        sessions.session_key,
        sessions.channel_group,
        sessions.started_at
    from purchases
    inner join {{ ref('fct_sessions') }} as sessions
        on
            purchases.visitor_key = sessions.visitor_key
            and purchases.purchased_at >= sessions.started_at
            and {{ timestamp_add_minutes('purchases.purchased_at', -look_back_minutes) }}
            <= sessions.started_at
    union all
    -- Those of the person's other devices.
    select
        purchases.order_id,
        purchases.purchased_at,
        sessions.session_key,
        sessions.channel_group,
        sessions.started_at
    from purchases
    inner join {{ ref('fct_sessions') }} as sessions
        on
            purchases.identity_key = sessions.identity_key
            and purchases.visitor_key <> sessions.visitor_key
            and purchases.purchased_at >= sessions.started_at
            and {{ timestamp_add_minutes('purchases.purchased_at', -look_back_minutes) }}
            <= sessions.started_at
),

counted_visits as (
    select
        visits.*,
        {{ date_diff_seconds('purchased_at', 'started_at') }} as seconds_before,
        sum(case when channel_group <> 'Direct' then 1 else 0 end) over (partition by order_id)
            as referred_count
    from visits
),

touches as (
    select
        order_id,
        session_key,
        started_at,
        -- By whole days, and computed here: what engines call a power is a float.
        cast(
            case
                {%- for day in range(look_back_days) %}
                when seconds_before < {{ (day + 1) * 86400 }}
                    then {{ '%.8f' | format(0.5 ** (day / half_life_days)) }}
                {%- endfor %}
                else {{ '%.8f' | format(0.5 ** (look_back_days / half_life_days)) }}
            end as {{ type_rate() }}
        ) as decayed,
        row_number() over (
            partition by order_id
            order by started_at, session_key
        ) as touch_number,
        count(*) over (partition by order_id) as touch_count
    from counted_visits
    -- A direct visit is credited only if nothing else led to the order.
    where
        channel_group <> 'Direct'
        or referred_count = 0
),

decays as (
    select
        touches.*,
        sum(decayed) over (partition by order_id) as decayed_sum
    from touches
),

shares as (
    select
        order_id,
        session_key,
        touch_number,
        touch_count,
        case when touch_number = 1 then 1.0 else 0.0 end as first_touch,
        case when touch_number = touch_count then 1.0 else 0.0 end as last_touch,
        {{ rate_of('1', 'touch_count') }} as linear,
        cast(round(decayed / decayed_sum, 8) as {{ type_rate() }}) as time_decay,
        case
            when touch_count = 1 then 1.0
            when touch_count = 2 then 0.5
            when touch_number in (1, touch_count) then 0.4
            else {{ rate_of('0.2', 'touch_count - 2') }}
        end as position_based
    from decays
),

-- What rounding leaves goes to the last touch, so that an order's weights are 1 in all.
weights as (
    select
        order_id,
        session_key,
        touch_number,
        touch_count,
        cast({{ rest_to_last('first_touch', '1') }} as {{ type_rate() }}) as first_touch_weight,
        cast({{ rest_to_last('last_touch', '1') }} as {{ type_rate() }}) as last_touch_weight,
        cast({{ rest_to_last('linear', '1') }} as {{ type_rate() }}) as linear_weight,
        cast({{ rest_to_last('time_decay', '1') }} as {{ type_rate() }}) as time_decay_weight,
        cast({{ rest_to_last('position_based', '1') }} as {{ type_rate() }})
            as position_based_weight
    from shares
),

-- An order that no visit led to, as far as anybody can tell, is one row too.
weighted as (
    select
        fct_orders.order_id,
        weights.session_key,
        fct_orders.channel as order_channel,
        fct_orders.country_code,
        coalesce(weights.touch_number, 1) as touch_number,
        coalesce(weights.touch_count, 0) as touch_count,
        fct_orders.net_amount,
        fct_orders.is_cancelled,
        fct_orders.order_date,
        coalesce(weights.first_touch_weight, cast(1 as {{ type_rate() }})) as first_touch_weight,
        coalesce(weights.last_touch_weight, cast(1 as {{ type_rate() }})) as last_touch_weight,
        coalesce(weights.linear_weight, cast(1 as {{ type_rate() }})) as linear_weight,
        coalesce(weights.time_decay_weight, cast(1 as {{ type_rate() }})) as time_decay_weight,
        coalesce(weights.position_based_weight, cast(1 as {{ type_rate() }}))
            as position_based_weight
    from fct_orders
    left join weights
        on fct_orders.order_id = weights.order_id
),

amounts as (
    select
        weighted.*,
        cast(round(net_amount * first_touch_weight, 4) as {{ type_money() }})
            as first_touch_rounded,
        cast(round(net_amount * last_touch_weight, 4) as {{ type_money() }}) as last_touch_rounded,
        cast(round(net_amount * linear_weight, 4) as {{ type_money() }}) as linear_rounded,
        cast(round(net_amount * time_decay_weight, 4) as {{ type_money() }}) as time_decay_rounded,
        cast(round(net_amount * position_based_weight, 4) as {{ type_money() }})
            as position_based_rounded
    from weighted
),

-- What rounding leaves of the amount goes to the last touch too.
tied_amounts as (
    select
        amounts.*,
        cast({{ rest_to_last('first_touch_rounded', 'net_amount') }} as {{ type_money() }})
            as first_touch_amount,
        cast({{ rest_to_last('last_touch_rounded', 'net_amount') }} as {{ type_money() }})
            as last_touch_amount,
        cast({{ rest_to_last('linear_rounded', 'net_amount') }} as {{ type_money() }})
            as linear_amount,
        cast({{ rest_to_last('time_decay_rounded', 'net_amount') }} as {{ type_money() }})
            as time_decay_amount,
        cast({{ rest_to_last('position_based_rounded', 'net_amount') }} as {{ type_money() }})
            as position_based_amount
    from amounts
),

final as (
    select
        tied_amounts.session_key,
        tied_amounts.order_id,
        tied_amounts.order_channel,
        tied_amounts.country_code,
        cast(coalesce(sessions.channel_group, 'Unknown') as varchar(32)) as channel_group,
        sessions.session_source,
        sessions.session_medium,
        sessions.session_campaign,
        cast(tied_amounts.touch_number as {{ dbt.type_int() }}) as touch_number,
        cast(tied_amounts.touch_count as {{ dbt.type_int() }}) as touch_count,
        tied_amounts.first_touch_weight,
        tied_amounts.last_touch_weight,
        tied_amounts.linear_weight,
        tied_amounts.time_decay_weight,
        tied_amounts.position_based_weight,
        tied_amounts.first_touch_amount,
        tied_amounts.last_touch_amount,
        tied_amounts.linear_amount,
        tied_amounts.time_decay_amount,
        tied_amounts.position_based_amount,
        tied_amounts.is_cancelled,
        tied_amounts.order_date
    from tied_amounts
    left join {{ ref('fct_sessions') }} as sessions
        on tied_amounts.session_key = sessions.session_key
)

select * from final
