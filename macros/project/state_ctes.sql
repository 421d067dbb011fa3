{# CTEs that end in `states_dated`: the states of whole keys with the columns of a dbt snapshot, from `states`,
   a CTE with the columns that the strategy `history` asks for, and `dbt_change_type`: `insert` for a state
   that is not in the snapshot yet.

   A state begins at the source's `updated_at` where that has moved forward, else when the source committed it
   (a row that is gone, or back as it was, a change that left `updated_at` alone); never before the one in front
   of it. So nothing but the source's own words decides, and the states of a key neither overlap nor leave a gap;
   two within one tick of the source's clock make one of no length. #}
{% macro state_ctes(states, key, check_cols) -%}
states_compared as (
    select
        {{ states }}.*,
        row(deleted_at is null, {{ check_cols | join(', ') }}) as compared,
        lag(row(deleted_at is null, {{ check_cols | join(', ') }})) over by_key as compared_before,
        lag(history_id) over by_key as history_id_before
    from {{ states }}
    window by_key as (partition by {{ key }} order by loaded_at, history_id)
),

-- That a key is gone which was never there is no state of it.
states_kept as (
    select *
    from states_compared
    where
        dbt_change_type <> 'insert'
        or (history_id_before is null and deleted_at is null)
        or (history_id_before is not null and compared is distinct from compared_before)
),

states_recalled as (
    select
        states_kept.*,
        row_number() over by_key as state_number,
        max(coalesce(deleted_at, updated_at)) over (
            by_key rows between unbounded preceding and 1 preceding
        ) as last_known_at
    from states_kept
    window by_key as (partition by {{ key }} order by loaded_at, history_id)
),

states_begun as (
    select
        states_recalled.*,
        max(
            case
                when last_known_at is null or updated_at > last_known_at
                    then coalesce(updated_at, committed_at)
                else committed_at
            end
        ) over (
            partition by {{ key }} order by state_number
            rows between unbounded preceding and current row
        ) as begun_at
    from states_recalled
),

states_dated as (
    select
        states_begun.*,
        {{ snapshot_hash_arguments([key, 'state_number']) }} as dbt_scd_id,
        begun_at as dbt_updated_at,
        begun_at as dbt_valid_from,
        lead(begun_at) over (partition by {{ key }} order by state_number) as dbt_valid_to
    from states_begun
)
{%- endmacro %}
