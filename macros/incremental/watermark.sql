{# A column of a model's watermark, as an SQL expression that is evaluated when a query runs. #}
{% macro watermark(model_name, column) -%}
    {{ return(adapter.dispatch('watermark', 'softcart')(model_name, column)) }}
{%- endmacro %}

{% macro default__watermark(model_name, column) -%}
    (
        select max({{ column }})
        from {{ incremental_table('watermarks') }}
        where model = '{{ model_name }}'
    )
{%- endmacro %}

{% macro postgres__watermark(model_name, column) -%}
    {{ incremental_table(column) }}('{{ model_name }}')
{%- endmacro %}
