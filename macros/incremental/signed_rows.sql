{# A query for the rows of the incremental model `name`, for a model that adds them up.

   In a build from scratch: all, with `row_sign` 1. In a build on changes, those whose `key` is staged, or all
   without one: as they are, with 1, and as they were when the model at work was last built, with -1. So what the
   signed values add up to is the difference between the sums now and the sums then.

   Rows that were are made of those that are, by undoing what the journal holds; so only columns that `name`
   publishes are there, and its unique key must be one of them. #}
{% macro signed_rows(name, key=none) -%}
    {%- set relation = ref(name) -%}
    {%- if not (execute and builds_on_changes()) -%}
        select
            given.*,
            1 as row_sign
        from {{ relation }} as given
    {%- else -%}
        {%- set journal = incremental_table('changes_in_' ~ name) -%}
        {%- set published = graph.nodes.values()
            | selectattr('name', 'equalto', name) | map(attribute='config.meta.publishes') | first -%}
        {%- set columns = published | join(', ') -%}
        {%- set staged = where_changed(key) if key else 'where 1 = 1' -%}
        {%- set rows_now -%}
            select
                {{ columns }},
                1 as row_sign
            from {{ relation }}
            {{ staged }}
        {%- endset %}
        {{ rows_now }}
        union all
        select
            {{ columns }},
            -1 as row_sign
        from (
            {{ rows_now }}
            union all
            select
                {{ columns }},
                -row_sign as row_sign
            from {{ journal }}
            {{ staged }}
            and build > {{ watermark(model.name, 'build') }}
        ) as undone
        group by {{ columns }}
        having sum(row_sign) > 0
    {%- endif -%}
{%- endmacro %}
