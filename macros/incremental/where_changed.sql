{# What an import CTE of an incremental model ends with: a condition that keeps only the staged keys, or
   nothing in a build from scratch. `columns` are columns of the rule, `of` the same in what is read. #}
{% macro where_changed(columns, of=none) -%}
    {%- if execute and builds_on_changes() -%}
        {%- set columns = [columns] if columns is string else columns -%}
        {%- set of = [of] if of is string else of or columns -%}
        where ({{ of | join(', ') }}) in (
            select staged.{{ columns | join(', staged.') }} from {{ staged_keys() }} as staged
        )
    {%- endif -%}
{%- endmacro %}
