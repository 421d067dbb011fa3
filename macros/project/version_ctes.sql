{# CTEs that end in `versions`: the versions of a slowly changing dimension, one row per version of `key`, from
   `states`: a snapshot of the strategy `history`, or all of its rows of some keys. To the columns of `states`
   it adds:

   version_number  1, 2, ... per key
   valid_from      when the version came to be, in the source's time
   valid_to        when the next version or the deletion ended it, else high_timestamp()
   effective_from, effective_to
                   the same without holes: a first version counts from low_timestamp(), and a version counts
                   until the next one even if its row was deleted in between, so that every moment of a known
                   key has exactly one version
   is_current      the key's last version, deleted or not
   is_deleted      a deletion ended the version

   A deletion is a state, but no version: it has no columns to show. #}
{% macro version_ctes(states, key) -%}
states_followed as (
    select
        {{ states }}.*,
        lead(deleted_at) over (partition by {{ key }} order by dbt_valid_from, history_id)
            as next_deleted_at
    from {{ states }}
),

versions_numbered as (
    select
        states_followed.*,
        row_number() over (partition by {{ key }} order by dbt_valid_from, history_id)
            as version_number,
        lead(dbt_valid_from) over (partition by {{ key }} order by dbt_valid_from, history_id)
            as next_valid_from
    from states_followed
    where deleted_at is null
),

versions as (
    select
        versions_numbered.*,
        dbt_valid_from as valid_from,
        coalesce(dbt_valid_to, {{ high_timestamp() }}) as valid_to,
        case when version_number = 1 then {{ low_timestamp() }} else dbt_valid_from end
            as effective_from,
        coalesce(next_valid_from, {{ high_timestamp() }}) as effective_to,
        case when next_valid_from is null then {{ bool_true() }} else {{ bool_false() }} end
            as is_current,
        case when next_deleted_at is null then {{ bool_false() }} else {{ bool_true() }} end
            as is_deleted
    from versions_numbered
)
{%- endmacro %}
