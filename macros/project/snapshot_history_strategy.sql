{# Snapshot strategy `history`: the snapshot's relation has one row per state of a row, in the order that ingest
   wrote them (`loaded_at`, `history_id`), each with the source's times (`updated_at`, `committed_at`, and
   `deleted_at` where the state is a deletion). A state is kept when it differs from the one before it in
   `check_cols`, or in being deleted.

   What it does is in state_ctes, and how dbt comes to take every state in macros/overrides. #}
{% macro snapshot_history_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) -%}
    {%- do return({
        'name': 'history',
        'unique_key': config.require('unique_key'),
        'check_cols': config.require('check_cols'),
        'hard_deletes': 'ignore',
    }) -%}
{%- endmacro %}
