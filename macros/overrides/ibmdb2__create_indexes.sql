{# dbt-db2 1.0.1 ignores `indexes`. A column-organized table is scanned, not looked up: it gets none. #}
{% macro ibmdb2__create_indexes(relation) -%}
    {%- set indexes = config.get('indexes', default=[]) -%}
    {%- if indexes and is_row_organized(relation) -%}
        {%- for index in indexes -%}
            {%- set columns = index.columns | join(', ') -%}
            {%- set name = relation.identifier ~ '__' ~ local_md5(columns)[:8] -%}
            {%- do run_query(
                'create ' ~ ('unique ' if index.unique else '') ~ 'index '
                ~ relation.schema ~ '.' ~ name ~ ' on ' ~ relation ~ ' (' ~ columns ~ ')'
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{% macro is_row_organized(relation) -%}
    {%- set query -%}
        select tableorg
        from syscat.tables
        where
            tabschema = '{{ relation.schema | upper }}'
            and tabname = '{{ relation.identifier | upper }}'
        with ur
    {%- endset -%}
    {{ return(run_query(query).rows[0][0] == 'R') }}
{%- endmacro %}
