{# Post-hook of marts: lets the readers' role read the relation, in the transaction that made it, so that a swap does
   not lock a dashboard out. The role is named by SOFTCART_READER_ROLE; without it nothing is granted. #}
{% macro grant_to_readers() -%}
    {%- if execute and reader_role() -%}
        {{ reading_grant(this) }}
    {%- endif -%}
{%- endmacro %}

{% macro reader_role() -%}
    {{ return(env_var('SOFTCART_READER_ROLE', '')) }}
{%- endmacro %}

{% macro reading_grant(relation) -%}
    {{ return(adapter.dispatch('reading_grant', 'softcart')(relation)) }}
{%- endmacro %}

{% macro default__reading_grant(relation) -%}
    grant select on {{ relation }} to {{ adapter.quote(reader_role()) }}
{%- endmacro %}

{% macro ibmdb2__reading_grant(relation) -%}
    grant select on {{ relation }} to role {{ reader_role() }}
{%- endmacro %}

{# on-run-start: lets the readers' role into the schemas of the marts that are there, where an engine asks for that. #}
{% macro admit_readers() -%}
    {%- if is_run() and reader_role() -%}
        {{ return(adapter.dispatch('admit_readers', 'softcart')()) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__admit_readers() -%}
{%- endmacro %}

{% macro postgres__admit_readers() -%}
    {%- for schema in ['marts', 'operations'] if adapter.check_schema_exists(target.database, schema) %}
        grant usage on schema {{ schema }} to {{ adapter.quote(reader_role()) }};
    {%- endfor %}
{%- endmacro %}
