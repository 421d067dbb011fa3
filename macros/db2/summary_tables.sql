{# The summary tables (MQTs) of Db2: the monthly sales by country and category, added up in the ways that the business
   reads. A report that asks the facts for one of these totals is answered from them, in a session with CURRENT
   REFRESH AGE ANY. Of each: name, what it is, the tables that it reads, and its query. #}
{% macro summary_tables() -%}
    {%- set axes = ['order_month', 'country_code', 'category_level_1'] -%}
    {%- set columns = axes | join(', ') -%}
    {%- set summaries = [] -%}
    {%- for name, description, grouping in [
        (
            'sales_cube',
            'One row per total of sales over any of month, country and top category.',
            'cube (' ~ columns ~ ')',
        ),
        (
            'sales_rollup',
            'One row per country, top category and month with sales, and per total over months, over categories, over all.',
            'rollup (country_code, category_level_1, order_month)',
        ),
        (
            'sales_grouping_sets',
            'One row per month and country, per month and top category, and per month.',
            'grouping sets ((order_month, country_code), (order_month, category_level_1), (order_month))',
        ),
    ] -%}
        {%- do summaries.append({
            'name': name,
            'description': description,
            'reads': summary_sources().values() | map('lower') | list,
            'query': summary_query(axes, grouping),
        }) -%}
    {%- endfor -%}
    {{ return(summaries) }}
{%- endmacro %}

{% macro summary_sources() -%}
    {%- set relations = {} -%}
    {%- for name in ['fct_order_items', 'dim_dates', 'dim_categories'] -%}
        {%- do relations.update({
            name: graph.nodes.values() | selectattr('name', 'equalto', name) | map(attribute='relation_name') | first
        }) -%}
    {%- endfor -%}
    {{ return(relations) }}
{%- endmacro %}

{# As a report on the star asks it: Db2 recognizes its own joins and sums. The row count lets it answer averages. #}
{% macro summary_query(axes, grouping) -%}
    {%- set relations = summary_sources() -%}
    {%- set named = {
        'order_month': 'dim_dates.month_start_date',
        'country_code': 'fct_order_items.country_code',
        'category_level_1': 'dim_categories.category_level_1',
    } -%}
    {%- set found = namespace(grouping=grouping) -%}
    {%- for axis, column in named.items() -%}
        {%- set found.grouping = found.grouping | replace(axis, column) -%}
    {%- endfor -%}
    select
        {%- for axis in axes %}
        {{ named[axis] }} as {{ axis }},
        grouping({{ named[axis] }}) as is_all_{{ axis }},
        {%- endfor %}
        count(*) as line_count,
        {%- for measure in ['quantity', 'gross_amount', 'discount_amount', 'net_amount', 'tax_amount'] %}
        sum(fct_order_items.{{ measure }}) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relations.fct_order_items }} as fct_order_items
    inner join {{ relations.dim_dates }} as dim_dates
        on fct_order_items.order_date = dim_dates.date_day
    inner join {{ relations.dim_categories }} as dim_categories
        on fct_order_items.category_key = dim_categories.category_key
    where fct_order_items.is_cancelled = {{ bool_false() }}
    group by {{ found.grouping }}
{%- endmacro %}
