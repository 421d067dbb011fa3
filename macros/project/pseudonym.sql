{# A digest of a personal value, the same for every spelling that differs in case or in blanks around it: it tells
   whether two values are one and not what they are, so it may leave staging. NULL for nothing but blanks.

   The warehouse's pepper is digested first: without it, whoever has a list of addresses finds them among the
   digests. PostgreSQL only, because the pepper never leaves it. #}
{% macro pseudonym(value) -%}
    cast(
        encode(
            sha256({{ pepper() }} || convert_to(nullif(lower(trim({{ value }})), ''), 'UTF8')), 'hex'
        ) as char(64)
    )
{%- endmacro %}

{# Not a source: nothing that follows changes may follow this one, and no run shows it. #}
{% macro pepper() -%}
    (select pepper from ingest.pepper)
{%- endmacro %}

{# A telephone number however it is punctuated: digits, with the `00` of an international call said as `+`. A number
   without its country's prefix is another number. #}
{% macro plain_phone(phone) -%}
    nullif(regexp_replace(regexp_replace({{ phone }}, '[^0-9+]', '', 'g'), '^00', '+'), '')
{%- endmacro %}
