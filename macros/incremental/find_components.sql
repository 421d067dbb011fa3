{# Pre-hook: finds what of a graph hangs together, however long the chains are. `links` is a model with one row per
   link: `node_id`, `linked_node_id`, and `is_linking`. The model at work reads the answer, a row per node that is
   linked with the smallest node it can be reached from, as `components_of(links)`.

   No engine needs recursion for it (Spark 3 has none): in each round every node takes the smallest label that it,
   its neighbours, or the node that is its label can see two steps away, until a round changes nothing. Labels only
   ever become smaller and always are nodes of the same component; when nothing changes, neighbours have the same
   one, and the smallest node has its own. So the answer is exact. Steps double, so a chain of 1,000 links takes
   about ten rounds. (Zhang, Azad, Hu: FastSV, 2020.) #}
{% macro find_components(links) -%}
    {%- set relation = ref(links) -%}
    {%- if execute -%}
        {%- set edges = 'edges_of_' ~ links -%}
        {%- set labels = 'components_of_' ~ links -%}
        {%- set labels_next = 'components_next_of_' ~ links -%}
        {%- do run_statements(filled_work_table(edges, both_ways(relation))) -%}
        {%- do run_statements(filled_work_table(labels, first_labels(incremental_table(edges)))) -%}
        {%- set search = namespace(labels=labels, labels_next=labels_next, is_open=true) -%}
        {%- for round in range(1000) -%}
            {%- if search.is_open -%}
                {%- do run_statements(filled_work_table(
                    search.labels_next,
                    smaller_labels(incremental_table(edges), incremental_table(search.labels)),
                )) -%}
                {%- set changed -%}
                    select count(*)
                    from {{ incremental_table(search.labels) }} as had
                    inner join {{ incremental_table(search.labels_next) }} as has
                        on had.node_id = has.node_id
                    where had.label <> has.label
                {%- endset -%}
                {%- set search.is_open = run_query(changed).rows[0][0] > 0 -%}
                {%- set seen = search.labels -%}
                {%- set search.labels = search.labels_next -%}
                {%- set search.labels_next = seen -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if search.is_open -%}
            {%- do exceptions.raise_compiler_error(links ~ ' has a chain that 1,000 rounds did not close') -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# What `find_components` found: after its last round both of its tables are the same. #}
{% macro components_of(links) -%}
    select
        node_id,
        label as component_id
    from {{ incremental_table('components_of_' ~ links) }}
{%- endmacro %}

{% macro both_ways(links) -%}
    select
        node_id,
        linked_node_id
    from {{ links }}
    where is_linking = {{ bool_true() }}
    union
    select
        linked_node_id as node_id,
        node_id as linked_node_id
    from {{ links }}
    where is_linking = {{ bool_true() }}
{%- endmacro %}

{% macro first_labels(edges) -%}
    select
        node_id,
        min(case when linked_node_id < node_id then linked_node_id else node_id end) as label
    from {{ edges }}
    group by node_id
{%- endmacro %}

{% macro smaller_labels(edges, labels) -%}
    select
        node_id,
        min(label) as label
    from (
        select
            own.node_id,
            far.label
        from {{ labels }} as own
        inner join {{ labels }} as far
            on own.label = far.node_id
        union all
        select
            edges.node_id,
            far.label
        from {{ edges }} as edges
        inner join {{ labels }} as near
            on edges.linked_node_id = near.node_id
        inner join {{ labels }} as far
            on near.label = far.node_id
        union all
        select
            own.label as node_id,
            far.label
        from {{ edges }} as edges
        inner join {{ labels }} as own
            on edges.node_id = own.node_id
        inner join {{ labels }} as near
            on edges.linked_node_id = near.node_id
        inner join {{ labels }} as far
            on near.label = far.node_id
    ) as seen
    group by node_id
{%- endmacro %}
