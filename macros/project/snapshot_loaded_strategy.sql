{# Snapshot strategy `loaded`: a new version when ingest has loaded the row again and a tracked column
   (`check_cols`) differs. `updated_at` names the load time, which never goes back, where a source's own
   `updated_at` does when a row is deleted and comes back as it was.

   dbt's `timestamp` alone would keep a version for each change of an untracked column; its `check` alone
   closes and opens every row when a column is added to `check_cols`, twice under one key. #}
{% macro snapshot_loaded_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) -%}
    {%- set loaded = snapshot_timestamp_strategy(
        node, snapshotted_rel, current_rel, model_config, target_exists
    ) -%}
    {%- set column_added, tracked = snapshot_check_all_get_existing_columns(
        node, target_exists, config.get('check_cols')
    ) if target_exists else (false, []) -%}
    {%- set differs -%}
        {%- for column in tracked -%}
            {{ snapshotted_rel }}.{{ column }} is distinct from {{ current_rel }}.{{ column }}
            {%- if not loop.last %} or {% endif -%}
        {%- endfor -%}
    {%- endset -%}
    {%- do loaded.update({'row_changed': '(' ~ loaded.row_changed ~ ' and (' ~ differs ~ '))'}) -%}
    {%- do return(loaded) -%}
{%- endmacro %}
