{# Whether a hook of the run is asked to do its work. `dbt docs generate` compiles hooks too, with `execute`, and must
   change nothing. #}
{% macro is_run() -%}
    {{ return(execute and flags.WHICH not in ['compile', 'generate']) }}
{%- endmacro %}
