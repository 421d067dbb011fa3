{# Runs SQL statements in order, in the transaction of the model at work. #}
{% macro run_statements(statements) -%}
    {{ return(adapter.dispatch('run_statements', 'softcart')(statements)) }}
{%- endmacro %}

{% macro default__run_statements(statements) -%}
    {%- for statement in statements -%}
        {%- do adapter.execute(statement, fetch=false) -%}
    {%- endfor -%}
{%- endmacro %}

{% macro postgres__run_statements(statements) -%}
    {%- do adapter.execute(statements | join(';\n'), fetch=false) -%}
{%- endmacro %}
