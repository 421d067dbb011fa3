{# dbt 1.11 compares types too, and the rows that an incremental build computes are in a table without declared
   ones: under a contract, its own varchar differs from the varchar(64) that the contract says. So here names are
   compared, and the strategy takes the types that the model's table has. #}
{% macro default__check_for_schema_changes(source_relation, target_relation) -%}
    {%- set source_columns = get_columns_in_relation(source_relation) -%}
    {%- set target_columns = get_columns_in_relation(target_relation) -%}
    {%- set added = diff_columns(source_columns, target_columns) -%}
    {%- set gone = diff_columns(target_columns, source_columns) -%}
    {{ return({
        'schema_changed': (added + gone) | length > 0,
        'source_not_in_target': added,
        'target_not_in_source': gone,
        'source_columns': target_columns,
        'target_columns': target_columns,
        'new_target_types': [],
    }) }}
{%- endmacro %}
