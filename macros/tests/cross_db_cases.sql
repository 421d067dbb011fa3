{# Expected digests were computed outside any database: md5 of the text that `key_text` describes. #}
{% macro cross_db_cases() -%}
    {%- set cases = [] -%}
    {%- for name, expressions, expected in [
        ('one value', ["'a'"], '0cc175b9c0f1b6a831c399e269772661'),
        ('two values', ["'a'", "'b'"], 'd0726241020676b14aa6298ce6a18b21'),
        ('a null', ['cast(null as varchar(1))', "'a'"], 'ecca9685347c6451fab68a273292cedc'),
        ('an empty text', ["''", "'a'"], 'e2f4b3e9781a5d4bfbb403e0a33e38f5'),
        ('a separator in the first', ["'a|b'", "'c'"], '94cf8dc13a5f7c3957737c475338e3ff'),
        ('a separator in the second', ["'a'", "'b|c'"], 'f9f382d4c576e5e5b1a9e57a4511b55a'),
        ('a tilde', ["'~'"], 'ac312310c6d60e0ce34e7f336c95a248'),
        ('a letter outside ASCII', ["'Größe €'"], 'b3138d5429f8b49d5393e948c5eb4569'),
        ('a number as text', ['cast(42 as varchar(20))', 'cast(1 as varchar(20))'], 'a666d6bb536d6d90015ab4706cad5644'),
    ] -%}
        {%- do cases.append([
            'surrogate_key of ' ~ name,
            surrogate_key(expressions),
            "cast('" ~ expected ~ "' as " ~ type_key() ~ ')',
        ]) -%}
    {%- endfor -%}
    {%- do cases.append([
        'unknown_key', unknown_key(), "cast('" ~ '0' * 32 ~ "' as " ~ type_key() ~ ')',
    ]) -%}

    {%- for text, year, quarter, month, day, week, weekday, month_start_text in [
        ('2024-02-29', 2024, 1, 2, 29, 9, 4, '2024-02-01'),
        ('2024-12-30', 2024, 4, 12, 30, 1, 1, '2024-12-01'),
        ('2021-01-03', 2021, 1, 1, 3, 53, 7, '2021-01-01'),
        ('2026-07-01', 2026, 3, 7, 1, 27, 3, '2026-07-01'),
    ] -%}
        {%- set date = date_literal(text) -%}
        {%- do cases.extend([
            ['year_of ' ~ text, year_of(date), year],
            ['quarter_of ' ~ text, quarter_of(date), quarter],
            ['month_of ' ~ text, month_of(date), month],
            ['day_of_month ' ~ text, day_of_month(date), day],
            ['iso_week_of ' ~ text, iso_week_of(date), week],
            ['day_of_week ' ~ text, day_of_week(date), weekday],
            ['month_start ' ~ text, month_start(date), date_literal(month_start_text)],
            ['format_date ' ~ text, format_date(date), "'" ~ text ~ "'"],
        ]) -%}
    {%- endfor -%}

    {%- for date, days, expected in [
        ('2024-02-28', 1, '2024-02-29'),
        ('2024-03-01', -1, '2024-02-29'),
        ('2023-12-31', 366, '2024-12-31'),
        ('2024-05-05', 0, '2024-05-05'),
    ] -%}
        {%- do cases.extend([
            [
                'date_add_days ' ~ date ~ ' ' ~ days,
                date_add_days(date_literal(date), days),
                date_literal(expected),
            ],
            [
                'date_diff_days ' ~ expected ~ ' ' ~ date,
                date_diff_days(date_literal(expected), date_literal(date)),
                days,
            ],
        ]) -%}
    {%- endfor -%}

    {%- for timestamp, minutes, expected in [
        ('2024-02-29 23:59:59.999999', 1, '2024-03-01 00:00:59.999999'),
        ('2024-01-01 00:30:00', -720, '2023-12-31 12:30:00'),
        ('2024-05-05 10:00:00', 0, '2024-05-05 10:00:00'),
    ] -%}
        {%- do cases.append([
            'timestamp_add_minutes ' ~ timestamp ~ ' ' ~ minutes,
            timestamp_add_minutes(timestamp_literal(timestamp), minutes),
            timestamp_literal(expected),
        ]) -%}
    {%- endfor -%}

    {%- for later, earlier, expected in [
        ('2024-03-01 00:00:00', '2024-02-29 23:59:59.999999', 1),
        ('2024-03-01 00:00:00.999999', '2024-03-01 00:00:00', 0),
        ('2024-01-01 00:00:00', '2024-01-02 00:00:01', -86401),
        ('9999-12-31 00:00:00', '1900-01-01 00:00:00', 255611203200),
    ] -%}
        {%- do cases.append([
            'date_diff_seconds ' ~ later ~ ' ' ~ earlier,
            date_diff_seconds(timestamp_literal(later), timestamp_literal(earlier)),
            expected,
        ]) -%}
    {%- endfor -%}

    {%- for count, last, total in [(1, 0, 0), (10, 9, 45), (11, 10, 55), (1000, 999, 499500)] -%}
        {%- set found -%} from ({{ numbers(count) }}) as found {%- endset -%}
        {%- do cases.extend([
            ['numbers ' ~ count ~ ': how many', '(select count(*) ' ~ found ~ ')', count],
            ['numbers ' ~ count ~ ': the last', '(select max(ordinal) ' ~ found ~ ')', last],
            ['numbers ' ~ count ~ ': their sum', '(select sum(ordinal) ' ~ found ~ ')', total],
        ]) -%}
    {%- endfor -%}

    {%- for value, root in [
        ('0', '0.0000'), ('0.25', '0.5000'), ('2', '1.4142'), ('0.00000001', '0.0001'), ('9999999999', '100000.0000'),
    ] -%}
        {%- do cases.append(['square_root of ' ~ value, square_root(value), root]) -%}
    {%- endfor -%}

    {%- set moment = timestamp_literal('2026-01-02 03:04:05.000678') -%}
    {%- do cases.extend([
        ['format_timestamp', format_timestamp(moment), "'2026-01-02 03:04:05.000678'"],
        ['low_timestamp', format_timestamp(low_timestamp()), "'1900-01-01 00:00:00.000000'"],
        ['high_timestamp', format_timestamp(high_timestamp()), "'9999-12-31 00:00:00.000000'"],
        ['date_of', date_of(moment), date_literal('2026-01-02')],
        [
            'current_date_utc is the day of the run, or the next if midnight has passed',
            'case when ' ~ date_diff_days(
                current_date_utc(), date_literal(run_started_at.strftime('%Y-%m-%d'))
            ) ~ ' in (0, 1) then 1 end',
            1,
        ],
        ['current_timestamp_utc is of the day', date_of(current_timestamp_utc()), current_date_utc()],
        ['as_of_date is the day of as_of', as_of_date(), date_of(as_of())],
        ['bool_true', 'case when 1 = 1 then ' ~ bool_true() ~ ' end', bool_true()],
        ['bool_false', '(' ~ bool_true() ~ ' and ' ~ bool_false() ~ ')', bool_false()],
        [
            'type_money keeps four digits',
            'cast(round(12345678901234.56785, 4) as ' ~ type_money() ~ ')',
            '12345678901234.5679',
        ],
        ['type_rate keeps eight digits', 'cast(round(0.123456785, 8) as ' ~ type_rate() ~ ')', '0.12345679'],
        [
            'in_reporting_currency rounds half away from zero',
            in_reporting_currency(
                'cast(-0.00125 as decimal(18, 5))', 'cast(0.2 as ' ~ type_rate() ~ ')'
            ),
            '-0.0003',
        ],
        [
            'type_varchar counts characters',
            "cast('€ größer 🛒, und mehr' as " ~ type_varchar(10) ~ ')',
            "'€ größer 🛒'",
        ],
    ]) -%}
    {{ return(cases) }}
{%- endmacro %}
