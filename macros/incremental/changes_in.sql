{# A query for what builds of the incremental model `name` have changed since `reader` was last built: the old
   values of the columns that `name` publishes, with `row_sign` -1, and the new ones, with 1. A row that moved from
   one order to another is here with both.

   In a unit test, the rows given for the model are its changes. #}
{% macro changes_in(name, reader) -%}
    {%- set relation = ref(name) -%}
    {%- if '__dbt__cte__' in relation | string -%}
        select given.*, 1 as row_sign, 0 as build from {{ relation }} as given
    {%- else -%}
        select * from {{ incremental_table('changes_in_' ~ name) }}
        where build > {{ watermark(reader, 'build') }}
    {%- endif -%}
{%- endmacro %}
