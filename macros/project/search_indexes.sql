{# Post-hook of a mart that is searched by words: what the engine has for that, over the column `document` and, for
   parts of words and misspelt ones, over `name`. A query must say the expression as it is here to use it.

   The configuration `simple` takes words as they are: names and brands are of several languages, and one language's
   stemmer mangles those of the others. #}
{% macro search_indexes(document, name) -%}
    {%- if execute -%}
        {{ return(adapter.dispatch('search_indexes', 'softcart')(document, name)) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__search_indexes(document, name) -%}
{%- endmacro %}

{# pg_trgm is trusted: whoever may create in the database may have it. Where the server lacks it, or another role must
   install it, words are found all the same. #}
{% macro postgres__search_indexes(document, name) -%}
    create index on {{ this }} using gin (to_tsvector('simple', {{ document }}));
    {%- set has_trigrams = run_query(
        "select 1 from pg_available_extensions where name = 'pg_trgm'"
    ).rows | length > 0 -%}
    {%- if has_trigrams %}
    create extension if not exists pg_trgm schema public;
    create index on {{ this }} using gin ({{ name }} public.gin_trgm_ops);
    {%- else -%}
        {%- do exceptions.warn(
            'The server has no extension pg_trgm: ' ~ this ~ ' is searched by whole words only'
        ) -%}
    {%- endif -%}
{%- endmacro %}
