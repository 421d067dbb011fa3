{# Text of up to `length` characters, whatever they are: Db2 counts bytes unless it is told otherwise. Where text is
   ASCII, as codes are, `varchar(n)` says the same. #}
{% macro type_varchar(length) -%}
    {{ return(adapter.dispatch('type_varchar', 'softcart')(length)) }}
{%- endmacro %}

{% macro default__type_varchar(length) -%}
    varchar({{ length }})
{%- endmacro %}

{% macro ibmdb2__type_varchar(length) -%}
    varchar({{ length }} codeunits32)
{%- endmacro %}
