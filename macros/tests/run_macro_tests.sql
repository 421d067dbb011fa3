{# Compares macros with literal expected values, in one query on the engine that the target names:
   `dbt run-operation run_macro_tests`. A case is [name, actual, expected], the last two SQL expressions of one type. #}
{% macro run_macro_tests() -%}
    {%- if not execute -%}{{ return('') }}{%- endif -%}
    {%- set cases = cross_db_cases() + engine_cases() -%}
    {%- set query -%}
        {%- for name, actual, expected in cases %}
        select
            {{ loop.index0 }} as position,
            case
                when {{ actual }} = {{ expected }} then 1
                when {{ actual }} is null and {{ expected }} is null then 1
                else 0
            end as passed
        {{ dual_from() }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    {%- endset -%}
    {%- set faults = [] -%}
    {%- for row in run_query(query).rows if row[1] != 1 -%}
        {%- set name, actual, expected = cases[row[0] | int] -%}
        {%- set seen = run_query(
            'select ' ~ actual ~ ' as actual, ' ~ expected ~ ' as expected ' ~ dual_from()
        ).rows[0] -%}
        {%- do faults.append(name ~ ': ' ~ seen[0] ~ ' instead of ' ~ seen[1]) -%}
    {%- endfor -%}
    {%- if faults -%}
        {%- do exceptions.raise_compiler_error('Macro tests failed:\n' ~ faults | join('\n')) -%}
    {%- endif -%}
    {%- do log(cases | length ~ ' macro tests passed', info=true) -%}
{%- endmacro %}
