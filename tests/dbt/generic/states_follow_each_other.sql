{# A snapshot's states of a key neither overlap nor leave a gap: each begins when the one before it
   ends, and only the last is open. Returns the faulty states. #}
{% test states_follow_each_other(model, key) %}
    with states as (
        select
            {{ key }},
            dbt_valid_from,
            dbt_valid_to,
            history_id,
            lead(dbt_valid_from) over (
                partition by {{ key }} order by dbt_valid_from, history_id
            ) as next_from
        from {{ model }}
    )

    select *
    from states
    where dbt_valid_to is distinct from next_from
{% endtest %}
