{# Runs SQL statements in order as one transaction of their own: for what runs before and after the models. #}
{% macro commit_statements(statements) -%}
    {%- for statement_sql in statements -%}
        {%- call statement(auto_begin=true) -%}{{ statement_sql }}{%- endcall -%}
    {%- endfor -%}
    {%- if statements -%}
        {%- do adapter.commit() -%}
    {%- endif -%}
{%- endmacro %}
