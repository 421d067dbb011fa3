{# Between the first and the last, every day is there. Returns the days that do not follow the
   one before. #}
{% test dates_have_no_gaps(model, column) %}
    with days as (
        select
            {{ column }},
            lag({{ column }}) over (order by {{ column }}) as previous_day
        from {{ model }}
    )

    select *
    from days
    where {{ softcart.date_diff_days(column, 'previous_day') }} <> 1
{% endtest %}
