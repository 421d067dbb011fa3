{# Every moment from low_timestamp() to high_timestamp() has exactly one version of each key: so
   a fact finds one, never two. Returns the versions that do not start where the one in front of
   them ends, or that leave the end open. #}
{% test versions_cover_all_time(model, key, valid_from, valid_to) %}
    with versions as (
        select
            {{ key }},
            {{ valid_from }} as version_from,
            {{ valid_to }} as version_to,
            lag({{ valid_to }}) over (
                partition by {{ key }} order by {{ valid_from }}, {{ valid_to }}
            ) as previous_to,
            lead({{ valid_from }}) over (
                partition by {{ key }} order by {{ valid_from }}, {{ valid_to }}
            ) as next_from
        from {{ model }}
    )

    select *
    from versions
    where
        version_from <> coalesce(previous_to, {{ softcart.low_timestamp() }})
        or version_to <> coalesce(next_from, {{ softcart.high_timestamp() }})
{% endtest %}
