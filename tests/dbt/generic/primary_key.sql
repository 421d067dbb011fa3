{# Every row has the key, and no two rows share it: `unique` and `not_null` in one scan, for one
   column or several. Returns one row per faulty key. #}
{% test primary_key(model, columns) %}
    select {{ columns | join(', ') }}
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1 or {{ columns | join(' is null or ') }} is null
{% endtest %}
