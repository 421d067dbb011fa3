{# The time at a place of a MongoDB Extended JSON document (PostgreSQL, `json` is a jsonb expression), as a
   timestamp in UTC, or null where there is none. Relaxed form writes ISO 8601 for the years 1970 to 9999 and
   milliseconds since 1970 for all others. #}
{% macro extended_json_timestamp(json) -%}
    case
        when {{ json }} -> '$date' ? '$numberLong'
            then
                timestamp '1970-01-01 00:00:00'
                + cast({{ json }} -> '$date' ->> '$numberLong' as bigint) * interval '1 millisecond'
        when pg_input_is_valid(coalesce({{ json }} ->> '$date', {{ json }} #>> '{}'), 'timestamptz')
            then
                cast(coalesce({{ json }} ->> '$date', {{ json }} #>> '{}') as timestamptz)
                at time zone 'UTC'
    end
{%- endmacro %}
