{# Post-hook of product_attributes: the view `name`, one row per product and one column per attribute that there is,
   so that a new attribute is a new column with the next build. It is no model, whose columns are promised beforehand.

   A column is `attribute_` and the path, with `_` for what is no letter or digit; of several values it has the first.
   Of paths that are the same then, and of more than engines have columns for, those of most products are there. #}
{% macro attributes_view(name, most_columns=500) -%}
    {%- if execute -%}
        {%- set found -%}
            select attribute_path, count(*) as product_count
            from {{ this }}
            where value_number = 1
            group by attribute_path
            order by 2 desc, 1
        {%- endset -%}
        {%- set paths = {} -%}
        {%- for path in run_query(found).columns[0].values() -%}
            {%- set column = 'attribute_' ~ modules.re.sub('[^a-z0-9]+', '_', path | lower) -%}
            {%- if column not in paths and column | length <= 63 and paths | length < most_columns -%}
                {%- do paths.update({column: path}) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- set query -%}
            select
                sku
                {%- for column, path in paths | dictsort %},
                max(
                    case when attribute_path = '{{ path | replace("'", "''") }}' then attribute_value end
                ) as {{ column }}
                {%- endfor %}
            from {{ this }}
            where value_number = 1
            group by sku
        {%- endset -%}
        {%- set view = this.schema ~ '.' ~ name -%}
        {%- do run_statements(replace_view(view, query)) -%}
        {%- if reader_role() -%}
            {%- do run_statements([reading_grant(view)]) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# The statements that make a view anew, whatever columns it had. #}
{% macro replace_view(view, query) -%}
    {{ return(adapter.dispatch('replace_view', 'softcart')(view, query)) }}
{%- endmacro %}

{% macro default__replace_view(view, query) -%}
    {{ return(['create or replace view ' ~ view ~ ' as ' ~ query]) }}
{%- endmacro %}

{# PostgreSQL replaces a view only by one with more columns. #}
{% macro postgres__replace_view(view, query) -%}
    {{ return([
        'set local client_min_messages = warning',
        'drop view if exists ' ~ view,
        'create view ' ~ view ~ ' as ' ~ query,
    ]) }}
{%- endmacro %}
