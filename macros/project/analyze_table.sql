{# A table's statistics, right after it is filled: what is built next is planned with true row counts. A build on
   changes leaves them to autovacuum: reading a sample of a large table would cost more than the build. Db2 takes
   them at the end of the run (finish_on_db2): RUNSTATS is a utility, which need not stay in a transaction. #}
{% macro analyze_table() -%}
    {%- if
        execute and model.config.materialized in ('table', 'incremental', 'snapshot') and not is_incremental()
    -%}
        {{ return(adapter.dispatch('analyze_table', 'softcart')()) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__analyze_table() -%}
{%- endmacro %}

{% macro postgres__analyze_table() -%}
    analyze {{ this }}
{%- endmacro %}
