{# dbt-db2 1.0.1 has no comments. On Db2 they are what BI tools show beside a table and a column, so a relation gets
   them whenever it is made, whatever `persist_docs` says: one statement for it, one for its columns. #}
{% macro ibmdb2__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- if model.description -%}
        {%- do run_query(
            'comment on table ' ~ relation ~ ' is ' ~ comment_literal(model.description)
        ) -%}
    {%- endif -%}
    {%- set comments = [] -%}
    {%- for column in model.columns.values() if column.description -%}
        {%- do comments.append(column.name ~ ' is ' ~ comment_literal(column.description)) -%}
    {%- endfor -%}
    {%- if comments -%}
        {%- do run_query('comment on ' ~ relation ~ ' (' ~ comments | join(', ') ~ ')') -%}
    {%- endif -%}
{%- endmacro %}

{# A text as a literal of one line, cut after a whole character where Db2's 254 bytes end. #}
{% macro comment_literal(text) -%}
    {%- set line = text.split() | join(' ') -%}
    {%- set short = line.encode('utf-8')[:254].decode('utf-8', 'ignore') -%}
    {{ return("'" ~ short | replace("'", "''") ~ "'") }}
{%- endmacro %}
