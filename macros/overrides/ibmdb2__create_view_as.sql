{# dbt-db2 1.0.1 ignores a view's contract, and cannot replace a view: it drops it, commits, and makes it again, so
   that readers find none in between and whoever was granted it has lost it. #}
{% macro ibmdb2__create_view_as(relation, sql) -%}
    create or replace view {{ relation }} as
    {{ sql }}
{%- endmacro %}
