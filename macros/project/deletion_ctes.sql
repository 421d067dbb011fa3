{# CTEs that end in `final`: the rows that `source_name` has deleted, of the tables that are the keys of `keys`. Its
   values are SQL for a row's primary key, as text or to be cast to it, in the names of raw. #}
{% macro deletion_ctes(source_name, keys) -%}
{%- for table in keys %}
{{ table }} as (
    select * from {{ source(source_name, table) }}
),
{% endfor %}
final as (
    {%- for table, key in keys.items() %}
    select
        cast('{{ table }}' as varchar(128)) as table_name,
        cast({{ key }} as varchar(128)) as row_key,
        _loaded_at at time zone 'UTC' as loaded_at,
        _deleted_at at time zone 'UTC' as deleted_at
    from {{ table }}
    where _deleted_at is not null
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
)
{%- endmacro %}
