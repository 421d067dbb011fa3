{# Pre-hook of incremental models: notes how far the build will be, then stages the keys to compute. In that
   order: what is loaded in between is read now and read again next time, and nothing is missed.

   Keys come from the model's rule, the view that `meta.changed_keys` names. How far its input is comes from
   `meta.loaded_by`: a relation with a column `loaded_at`. #}
{% macro start_build() -%}
    {%- if model.config.materialized == 'incremental' -%}
        {%- set input = ref(model.config.meta.get('loaded_by', 'stg_ingest__tables')) -%}
        {%- set rule_name = model.config.meta.get('changed_keys') -%}
        {%- set rule = ref(rule_name) if rule_name else none -%}
        {%- if execute -%}
            {%- set next_build -%}
                (select coalesce(max(build), 0) + 1 from {{ incremental_table('watermarks') }})
            {%- endset -%}
            {%- set first -%}
                insert into {{ incremental_table('watermarks') }} (model)
                select '{{ model.name }}' {{ dual_from() }}
                where not exists (
                    select 1 from {{ incremental_table('watermarks') }} where model = '{{ model.name }}'
                )
            {%- endset -%}
            {%- set noted -%}
                update {{ incremental_table('watermarks') }}
                set
                    next_build = {{ next_build }},
                    next_rebuilt = {{ 'rebuilt' if is_incremental() else next_build }},
                    next_through = (select max(loaded_at) from {{ input }}),
                    next_as_of = {{ as_of() }},
                    next_made_by = '{{ made_by() }}'
                where model = '{{ model.name }}'
            {%- endset -%}
            {%- do run_statements([first, noted]) -%}
            {%- if builds_on_changes() -%}
                {%- do run_statements(filled_work_table('keys_of_' ~ model.name, 'select * from ' ~ rule)) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
