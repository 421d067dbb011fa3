{# A search term as it is counted: lower case, without accents, single blanks; NULL for nothing but blanks. Engines
   differ in which letters they know, so it is said in staging, on PostgreSQL. #}
{% macro search_term_normalised(term) -%}
    {%- set said = namespace(sql='lower(' ~ term ~ ')') -%}
    {#- Letters of their own, which are no letter with a mark. -#}
    {%- for letter, letters in [('ß', 'ss'), ('æ', 'ae'), ('œ', 'oe'), ('ø', 'o'), ('ł', 'l')] -%}
        {%- set said.sql = "replace(" ~ said.sql ~ ", '" ~ letter ~ "', '" ~ letters ~ "')" -%}
    {%- endfor -%}
    cast(
        nullif(
            trim(
                regexp_replace(
                    regexp_replace(normalize({{ said.sql }}, nfkd), '[\u0300-\u036f]', '', 'g'), '\s+', ' ', 'g'
                )
            ),
            ''
        ) as varchar(200)
    )
{%- endmacro %}
