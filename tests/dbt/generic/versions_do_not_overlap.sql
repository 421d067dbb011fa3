{# No version of a key starts before the version in front of it has ended, and none ends before
   it starts. Returns the faulty versions. #}
{% test versions_do_not_overlap(model, key, valid_from, valid_to) %}
    with versions as (
        select
            {{ key }},
            {{ valid_from }} as version_from,
            {{ valid_to }} as version_to,
            lag({{ valid_to }}) over (
                partition by {{ key }} order by {{ valid_from }}, {{ valid_to }}
            ) as previous_to
        from {{ model }}
    )

    select *
    from versions
    where version_to < version_from or version_from < previous_to
{% endtest %}
