{# Whether the incremental model at work can build on what changed. If not, because something that it reads
   was made from scratch since its last build, or it is made by other SQL, it computes every row; the strategy
   still writes only those that differ. #}
{% macro builds_on_changes() -%}
    {#- Asked often while a model is built, and looked up once. -#}
    {%- if 'builds_on_changes' not in model -%}
        {%- do model.update({'builds_on_changes': finds_built_state()}) -%}
    {%- endif -%}
    {{ return(model.builds_on_changes) }}
{%- endmacro %}

{% macro finds_built_state() -%}
    {%- set rule = namespace(node=none) -%}
    {%- for node_id in model.depends_on.get('nodes', []) -%}
        {%- set node = graph.get('nodes', {}).get(node_id) -%}
        {%- if node and node.name == model.config.meta.get('changed_keys') -%}
            {%- set rule.node = node -%}
        {%- endif -%}
    {%- endfor -%}
    {#- A unit test reads no rule: it gives whole inputs. -#}
    {%- if rule.node and is_incremental() -%}
        {#- The view is gone if a table below it was replaced without it. -#}
        {%- if adapter.get_relation(rule.node.database, rule.node.schema, rule.node.name) -%}
            {{ return(inputs_were_kept(rule.node)) }}
        {%- endif -%}
    {%- endif -%}
    {{ return(false) }}
{%- endmacro %}

{# Whether the model at work was last built by the same SQL, and nothing that its rule reads was made from scratch
   since. #}
{% macro inputs_were_kept(rule) -%}
    {%- set inputs = [] -%}
    {%- for node_id in rule.depends_on.nodes -%}
        {%- set node = graph.nodes.get(node_id) -%}
        {%- if node and node.config.materialized == 'incremental' -%}
            {%- do inputs.append(node.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set query -%}
        select count(*)
        from {{ incremental_table('watermarks') }} as own
        where
            own.model = '{{ model.name }}'
            and own.build is not null
            and own.made_by = '{{ made_by() }}'
            and not exists (
                select 1
                from {{ incremental_table('watermarks') }} as input
                where
                    input.model in ('{{ inputs | join("', '") }}')
                    and input.rebuilt > own.build
            )
    {%- endset -%}
    {{ return(run_query(query).rows[0][0] == 1) }}
{%- endmacro %}
