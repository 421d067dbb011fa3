{# on-run-end: declares to Db2, as informational keys, what the tests of this run have proved: `primary_key` and
   `unique` a key of a table, `relationships` a foreign key to one. Each is named for its test. The optimizer leaves
   out joins by them, and BI tools draw their models from them; Db2 checks nothing. A test that failed, warned or did
   not run, that looks at some rows only, or at columns that may be null, proves no key. #}
{% macro declare_keys(results) -%}
    {%- if is_run() -%}
        {{ return(adapter.dispatch('declare_keys', 'softcart')(results)) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__declare_keys(results) -%}
{%- endmacro %}

{% macro ibmdb2__declare_keys(results) -%}
    {%- set standing = informational_keys() | map(attribute='name') | list -%}
    {%- set proved = proved_tests(results) | rejectattr('alias', 'in', standing) | list -%}
    {%- set declared = standing + [] -%}
    {%- set with_primary_key = [] -%}
    {%- set statements = [] -%}
    {%- for test in proved if test.alias in keys_of_tables() | map(attribute='alias') -%}
        {%- set kind = 'unique' if test.attached_node in with_primary_key else 'primary key' -%}
        {%- do with_primary_key.append(test.attached_node) -%}
        {%- do declared.append(test.alias) -%}
        {%- do statements.append(add_key(test, kind ~ ' (' ~ key_columns(test) | join(', ') ~ ')')) -%}
    {%- endfor -%}
    {%- for test in proved if test.test_metadata.name == 'relationships' -%}
        {%- set field = test.test_metadata.kwargs.field -%}
        {%- set parent = graph.nodes[
            test.depends_on.nodes | reject('eq', test.attached_node) | first | default(test.attached_node)
        ] -%}
        {%- for key in keys_of_tables() if (
            key.alias in declared and key.attached_node == parent.unique_id and key_columns(key) == [field]
        ) -%}
            {%- do statements.append(add_key(
                test,
                'foreign key (' ~ test.column_name ~ ') references '
                ~ parent.relation_name ~ ' (' ~ field ~ ')',
            )) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do commit_statements(statements) -%}
{%- endmacro %}

{% macro add_key(test, key) -%}
    alter table {{ graph.nodes[test.attached_node].relation_name }}
    add constraint {{ test.alias }} {{ key }}
    not enforced trusted enable query optimization
{%- endmacro %}

{# The tests among `results` that hold of every row of a table. #}
{% macro proved_tests(results) -%}
    {%- set tests = [] -%}
    {%- for result in results if result.status == 'pass' and result.failures == 0 -%}
        {%- set test = graph.nodes.get(result.node.unique_id) -%}
        {%- if test and test.attached_node and not test.config.where and stored_tables([test.attached_node]) -%}
            {%- do tests.append(test) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(tests) }}
{%- endmacro %}

{# The tests that a table has a key of columns which are declared not to be null. #}
{% macro keys_of_tables() -%}
    {%- set tests = [] -%}
    {%- for test in graph.nodes.values() if test.resource_type == 'test' and key_columns(test) -%}
        {%- set columns = graph.nodes[test.attached_node].columns -%}
        {%- set not_null = [] -%}
        {%- for name in key_columns(test) if name in columns -%}
            {%- if columns[name].constraints | selectattr('type', 'equalto', 'not_null') | list -%}
                {%- do not_null.append(name) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if not_null == key_columns(test) and stored_tables([test.attached_node]) -%}
            {%- do tests.append(test) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(tests) }}
{%- endmacro %}

{# The columns that a test says are a key; none if it says something else. #}
{% macro key_columns(test) -%}
    {%- set said = test.test_metadata -%}
    {%- if said and test.attached_node and said.name == 'primary_key' -%}
        {{ return(said.kwargs.columns) }}
    {%- elif said and test.attached_node and said.name == 'unique' -%}
        {{ return([test.column_name]) }}
    {%- endif -%}
    {{ return([]) }}
{%- endmacro %}
