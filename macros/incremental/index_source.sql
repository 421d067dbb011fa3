{# Post-hook of staging models: makes the indexes that `meta.source_indexes` asks for on the raw table below.
   An index is what follows the table's name in `create index`: '(order_id)'. Incremental models look rows up by
   them. One that is there takes no lock. #}
{% macro index_source() -%}
    {%- set indexes = model.config.meta.get('source_indexes', []) -%}
    {%- if execute and indexes -%}
        {%- set table = source(model.sources[0][0], model.sources[0][1]) -%}
        {%- set named = {} -%}
        {%- for index in indexes -%}
            {%- do named.update({(table.identifier ~ '__' ~ local_md5(index)[:8]): index}) -%}
        {%- endfor -%}
        {%- set found = run_query(
            "select indexname from pg_indexes where schemaname = '" ~ table.schema ~ "'"
        ).columns[0].values() -%}
        {%- set missing = named | reject('in', found) | list -%}
        {%- for name in missing -%}
            create index if not exists {{ name }} on {{ table }} {{ named[name] }};
        {% endfor -%}
        {#- An index on an expression has statistics of its own. -#}
        {%- if missing -%}analyze {{ table }}{%- endif -%}
    {%- endif -%}
{%- endmacro %}
