{# What a node of the identity graph is called: an `account`, an `identity` or a `guest`, and its key. Padded, so that the
   smallest of several is the oldest account, if there is one. #}
{% macro identity_node(kind, key) -%}
    {%- if kind == 'guest' -%}
        cast('{{ kind }}-' || {{ key }} as varchar(80))
    {%- else -%}
        cast('{{ kind }}-' || lpad(cast({{ key }} as varchar(19)), 19, '0') as varchar(80))
    {%- endif -%}
{%- endmacro %}

{# The person of an account or a guest: the one they were resolved to, or themselves, if nothing links them. #}
{% macro person_of(resolved, kind, key) -%}
    coalesce({{ resolved }}, {{ surrogate_key([identity_node(kind, key)]) }})
{%- endmacro %}
