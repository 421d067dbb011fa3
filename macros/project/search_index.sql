{# Post-hook of product_search_documents: what the engine searches by, beside the mart, which is the same on every
   engine. On PostgreSQL, in the schema `search`:

   products  the mart's products with their words; those of the name weigh most
   words     every word that one of them has, numbers left out, to find those that are nearly what somebody typed

   A table of the words, because what is computed anew for each product that a common word finds takes most of a
   search; one of words, because few words stand in many names. #}
{% macro search_index() -%}
    {%- if execute -%}
        {{ return(adapter.dispatch('search_index', 'softcart')()) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__search_index() -%}
{%- endmacro %}

{# The configuration `simple` takes words as they are: names are of several languages, and the stemmer of one mangles
   the others. Best sellers are stored first, and so found first: of a common word by reading the table until there are
   enough, which takes a planner that knows many words for common; the index would name all that have it. pg_trgm is
   trusted: who may create in the database may have it. #}
{% macro postgres__search_index() -%}
    set local client_min_messages = warning;
    create extension if not exists pg_trgm schema public;
    create schema if not exists search;
    drop table if exists search.products;
    create table search.products as
    select
        product_key,
        sku,
        product_name,
        order_count,
        setweight(to_tsvector('simple', product_name), 'A')
        || to_tsvector('simple', search_document) as words
    from {{ this }}
    order by order_count desc, product_key;
    create index on search.products using gin (words);
    alter table search.products alter column words set statistics 1000;
    drop table if exists search.words;
    create table search.words as
    select
        found.word,
        count(*) as product_count
    from search.products
    cross join unnest(tsvector_to_array(products.words)) as found (word)
    where found.word !~ '[0-9]'
    group by found.word;
    create index on search.words using gin (word public.gin_trgm_ops);
    analyze search.products, search.words
    {%- if reader_role() %};
    grant usage on schema search to {{ adapter.quote(reader_role()) }};
    grant select on search.products, search.words to {{ adapter.quote(reader_role()) }}
    {%- endif -%}
{%- endmacro %}
