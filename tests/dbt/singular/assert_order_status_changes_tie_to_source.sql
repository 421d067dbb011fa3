{%- set built = ['fct_order_status_changes'] -%}
{%- set columns = {
    'orders': ('order_id', 'order_status'),
    'payments': ('payment_id', 'payment_status'),
    'shipments': ('shipment_id', 'shipment_status'),
    'returns': ('return_id', 'return_status'),
} -%}

-- The last change of a row led to the status that the shop's row has.
with ranked as (
    select
        source_table,
        source_id,
        new_status,
        row_number() over (partition by source_table, source_id order by change_number desc)
            as change_rank
    from {{ ref('fct_order_status_changes') }}
),

{% for table, (key, status) in columns.items() -%}
last_of_{{ table }} as (
    select
        source_id as {{ key }},
        new_status
    from ranked
    where source_table = '{{ table }}' and change_rank = 1
),

{{ table }}_that_differ as (
    select
        '{{ table }}' as source_table,
        last_of_{{ table }}.{{ key }} as source_id,
        last_of_{{ table }}.new_status,
        {{ table }}.{{ status }} as status
    from last_of_{{ table }}
    left join {{ ref('stg_oltp__' ~ table) }} as {{ table }}
        on last_of_{{ table }}.{{ key }} = {{ table }}.{{ key }}
    where
        last_of_{{ table }}.new_status <> coalesce({{ table }}.{{ status }}, 'deleted')
        and {{ is_settled('last_of_' ~ table ~ '.' ~ key, 'stg_oltp__' ~ table, built) }}
){{ ',' if not loop.last }}

{% endfor -%}
{%- for table in columns -%}
select * from {{ table }}_that_differ
{{ 'union all' if not loop.last }}
{% endfor -%}
