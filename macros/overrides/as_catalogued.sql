{# A relation by the name that Db2's catalogue has for it. dbt keeps what it has made in a cache; dbt-db2 1.0.1 looks
   there for upper case and puts there what the model is called: then dbt finds an "approximate match" and stops. #}
{% macro as_catalogued(relation, type) -%}
    {{ return(api.Relation.create(
        database=relation.database,
        schema=relation.schema | upper,
        identifier=relation.identifier | upper,
        type=type,
    )) }}
{%- endmacro %}
