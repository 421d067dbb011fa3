{% macro surrogate_key(expressions) -%}
    {{ return(adapter.dispatch('surrogate_key', 'softcart')(expressions)) }}
{%- endmacro %}

{% macro default__surrogate_key(expressions) -%}
    cast(md5({{ key_text(expressions) }}) as char(32))
{%- endmacro %}

{% macro ibmdb2__surrogate_key(expressions) -%}
    cast(lower(hex(hash({{ key_text(expressions) }}, 0))) as char(32))
{%- endmacro %}

{% macro spark__surrogate_key(expressions) -%}
    md5({{ key_text(expressions) }})
{%- endmacro %}
