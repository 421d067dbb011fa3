{# Makes the journal of the model at work if there is none: the columns that it publishes, and in which build they
   changed. #}
{% macro new_journal() -%}
    create table if not exists {{ incremental_table('changes_in_' ~ model.name) }} as
    select
        {{ model.config.meta.publishes | join(', ') }},
        cast(0 as {{ dbt.type_int() }}) as row_sign,
        cast(0 as {{ dbt.type_bigint() }}) as build
    from {{ this }}
    where 1 = 0
{%- endmacro %}
