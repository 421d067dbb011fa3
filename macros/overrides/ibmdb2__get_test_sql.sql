{# dbt 1.11 selects bare conditions (`count(*) != 0 as should_warn`) and says `limit`, and dbt-db2 1.0.1 leaves it at
   that; here both are said in the forms that every Db2 takes. #}
{% macro ibmdb2__get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) -%}
    select
        {{ fail_calc }} as failures,
        case when {{ fail_calc }} {{ warn_if }} then 1 else 0 end as should_warn,
        case when {{ fail_calc }} {{ error_if }} then 1 else 0 end as should_error
    from (
        {{ main_sql }}
        {{ 'fetch first ' ~ limit ~ ' rows only' if limit is not none }}
    ) as dbt_internal_test
{%- endmacro %}
