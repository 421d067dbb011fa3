{# A sub-select, because PostgreSQL computes every branch of a `case` over constants. #}
{% macro extended_json_cases() -%}
    {%- set cases = [] -%}
    {%- for name, json, expected in [
        ('a Decimal128', '{"$numberDecimal": "19.99"}', '19.99'),
        ('a plain number', '12.5', '12.5'),
        ('a number in a text', '"7.25"', '7.25'),
        ('an int64', '{"$numberLong": "9007199254740993"}', 'null'),
        ('an int64 that fits', '{"$numberLong": "42"}', '42'),
        ('a wrapped double', '{"$numberDouble": "-0.0"}', '0'),
        ('an exponent', '{"$numberDecimal": "1.5E+2"}', '150'),
        ('one digit too many', '123456789012345', 'null'),
        ('NaN', '{"$numberDecimal": "NaN"}', 'null'),
        ('infinity', '{"$numberDouble": "-Infinity"}', 'null'),
        ('a word', '"cheap"', 'null'),
        ('an empty text', '""', 'null'),
        ('null', 'null', 'null'),
        ('an array', '[1]', 'null'),
        ('true', 'true', 'null'),
    ] -%}
        {%- do cases.append([
            'extended_json_number reads ' ~ name,
            extended_json_number("(select cast('" ~ json ~ "' as jsonb))", 'numeric(16,4)'),
            'cast(' ~ expected ~ ' as numeric(16, 4))',
        ]) -%}
    {%- endfor -%}
    {%- for name, json, expected in [
        ('ISO 8601', '{"$date": "2026-01-02T03:04:05.678Z"}', '2026-01-02 03:04:05.678'),
        ('another zone', '"2026-01-02T03:04:05+02:00"', '2026-01-02 01:04:05'),
        ('milliseconds', '{"$date": {"$numberLong": "-1000"}}', '1969-12-31 23:59:59'),
        ('a word', '"yesterday evening"', none),
        ('a number', '5', none),
        ('null', 'null', none),
    ] -%}
        {%- do cases.append([
            'extended_json_timestamp reads ' ~ name,
            extended_json_timestamp("(select cast('" ~ json ~ "' as jsonb))"),
            timestamp_literal(expected) if expected else 'cast(null as timestamp)',
        ]) -%}
    {%- endfor -%}
    {%- for name, json, expected in [
        ('an array in its order', '["Home", "Kitchen"]', "array['Home', 'Kitchen']"),
        ('a single text', '"Home"', "array['Home']"),
        ('an array without its nulls', '["Home", null]', "array['Home']"),
        ('a number as nothing', '3', "cast('{}' as text[])"),
        ('null as nothing', 'null', "cast('{}' as text[])"),
    ] -%}
        {%- do cases.append([
            'extended_json_texts reads ' ~ name,
            extended_json_texts("(select cast('" ~ json ~ "' as jsonb))"),
            expected,
        ]) -%}
    {%- endfor -%}
    {{ return(cases) }}
{%- endmacro %}
