{# CTEs that end in `versions`: the versions of a slowly changing dimension, one row per version of `key`, from
   `states`, a CTE with one row per state that ingest loaded (`updated_at`, `loaded_at`, `deleted_at`). To the
   columns of `states` it adds:

   version_number  1, 2, ... per key
   valid_from      when the version came to be: the source's time of change, or the load time where that does
                   not move forward (a row that reappears as it was, a change that leaves it alone)
   valid_to        when the next version or the deletion ended it, else high_timestamp()
   effective_from, effective_to
                   the same without holes: a first version counts from low_timestamp(), and a version counts
                   until the next one even if its row was deleted in between, so that every moment of a known
                   key has exactly one version
   is_current      the key's last version, deleted or not
   is_deleted      a deletion ended the version

   A deletion is a state, not a version, unless something had changed since the state before it, or there is
   none: then it is also the last that is known of the row. #}
{% macro version_ctes(states, key) -%}
states_recalled as (
    select
        {{ states }}.*,
        max(coalesce(deleted_at, updated_at)) over (
            partition by {{ key }} order by loaded_at
            rows between unbounded preceding and 1 preceding
        ) as last_known_at
    from {{ states }}
),

states_dated as (
    select
        states_recalled.*,
        case
            when last_known_at is null or updated_at > last_known_at then updated_at
            else coalesce(deleted_at, loaded_at)
        end as changed_at,
        case
            when last_known_at is null or updated_at > last_known_at then 1
            when deleted_at is null then 1
            else 0
        end as opens_version
    from states_recalled
),

states_paired as (
    select
        states_dated.*,
        max(changed_at) over (
            partition by {{ key }} order by loaded_at
            rows between unbounded preceding and current row
        ) as valid_from,
        lead(opens_version) over (partition by {{ key }} order by loaded_at) as next_opens_version,
        lead(deleted_at) over (partition by {{ key }} order by loaded_at) as next_deleted_at
    from states_dated
),

versions_opened as (
    select
        states_paired.*,
        case when deleted_at is null and next_opens_version = 0 then next_deleted_at else deleted_at end
            as ended_at,
        row_number() over (partition by {{ key }} order by loaded_at) as version_number,
        lead(valid_from) over (partition by {{ key }} order by loaded_at) as next_valid_from
    from states_paired
    where opens_version = 1
),

versions as (
    select
        versions_opened.*,
        case
            when ended_at < valid_from then valid_from
            when ended_at is not null then ended_at
            else coalesce(next_valid_from, {{ high_timestamp() }})
        end as valid_to,
        case when version_number = 1 then {{ low_timestamp() }} else valid_from end as effective_from,
        coalesce(next_valid_from, {{ high_timestamp() }}) as effective_to,
        case when next_valid_from is null then {{ bool_true() }} else {{ bool_false() }} end
            as is_current,
        case when ended_at is not null then {{ bool_true() }} else {{ bool_false() }} end as is_deleted
    from versions_opened
)
{%- endmacro %}
