{# A condition for tests that compare marts with staging: the row with this `key` of the staging view `staging` has
   stayed as it was since `models` were built. While a stream runs, raw moves between a build and its test; what it
   moves, the next build and its test will see. #}
{% macro is_settled(key, staging, models) -%}
    {{ key }} not in (
        select moved.{{ key.split('.')[-1] }}
        from {{ ref(staging) }} as moved
        where moved.loaded_at > {{ all_loaded_through(models) }}
        union all
        select cast(gone.row_key as bigint)
        from {{ ref('stg_oltp__deletions') }} as gone
        where
            gone.table_name = '{{ staging.split('__')[1] }}'
            and gone.loaded_at > {{ all_loaded_through(models) }}
    )
{%- endmacro %}
