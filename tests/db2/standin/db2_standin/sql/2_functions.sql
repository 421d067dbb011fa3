-- Functions that Db2 has and PostgreSQL lacks or means otherwise. The schema is searched before pg_catalog.

-- Lengths and places are counted in octets or in code units, by the type of the argument. Where all are the same,
-- of ASCII, the answer is; elsewhere the statement must say the unit.
create function db2.ascii_only(value text) returns text
language plpgsql immutable strict parallel safe as $$
begin
    if octet_length(value) <> char_length(value) then
        raise exception 'SQL0901N  The stand-in does not emulate string units of "%": say CODEUNITS32 or OCTETS.',
            left(value, 40) using errcode = '58004';
    end if;
    return value;
end $$;

create function db2.length(value text) returns integer
language sql immutable strict parallel safe
return pg_catalog.char_length(db2.ascii_only(value));

create function db2.length(value text, unit text) returns integer
language sql immutable strict parallel safe
return case unit
    when 'CODEUNITS32' then pg_catalog.char_length(value) else pg_catalog.octet_length(value)
end;

create function db2.length(value bytea) returns integer
language sql immutable strict parallel safe
return pg_catalog.octet_length(value);

create function db2.character_length(value text, unit text) returns integer
language sql immutable strict parallel safe
return db2.length(value, unit);

create function db2.char_length(value text, unit text) returns integer
language sql immutable strict parallel safe
return db2.length(value, unit);

create function db2.substr(value text, start integer) returns text
language sql immutable strict parallel safe
return pg_catalog.substr(db2.ascii_only(value), start);

create function db2.substr(value text, start integer, count integer) returns text
language plpgsql immutable strict parallel safe as $$
begin
    if start < 1 or count < 0 then
        raise exception 'SQL0138N  A numeric argument of a built-in string function is out of range.'
            using errcode = '22011';
    end if;
    return pg_catalog.substr(db2.ascii_only(value), start, count);
end $$;

create function db2.substring(value text, start integer, count integer, unit text) returns text
language sql immutable strict parallel safe
return case unit when 'CODEUNITS32' then pg_catalog.substr(value, start, count)
    else db2.substr(value, start, count) end;

create function db2.locate(search text, value text) returns integer
language sql immutable strict parallel safe
return pg_catalog.strpos(db2.ascii_only(value), search);

create function db2.locate(search text, value text, start integer) returns integer
language sql immutable strict parallel safe
return case pg_catalog.strpos(pg_catalog.substr(db2.ascii_only(value), start), search)
    when 0 then 0
    else pg_catalog.strpos(pg_catalog.substr(value, start), search) + start - 1
end;

create function db2.posstr(value text, search text) returns integer
language sql immutable strict parallel safe
return pg_catalog.strpos(db2.ascii_only(value), search);

create function db2.concat(one text, other text) returns text
language sql immutable parallel safe
return one || other;

create function db2.translate(value text, new text, old text) returns text
language sql immutable strict parallel safe
return pg_catalog.translate(value, old, new);

create function db2.ucase(value text) returns text
language sql immutable strict parallel safe
return pg_catalog.upper(value);

create function db2.lcase(value text) returns text
language sql immutable strict parallel safe
return pg_catalog.lower(value);

create function db2.nvl(one anycompatible, other anycompatible) returns anycompatible
language sql immutable parallel safe as $$ select coalesce(one, other) $$;

-- Null if any is.
create function db2.greatest_of(variadic them anycompatiblearray) returns anycompatible
language sql immutable parallel safe as $$
    select case when bool_or(each is null) then null else max(each) end
    from unnest(them) as u(each)
$$;

create function db2.least_of(variadic them anycompatiblearray) returns anycompatible
language sql immutable parallel safe as $$
    select case when bool_or(each is null) then null else min(each) end
    from unnest(them) as u(each)
$$;

-- Digests. Volatile by name: else PostgreSQL pulls up a subquery that has one, and computes it once for each place
-- that reads it.
create function db2.hash(value text, algorithm integer default 0) returns bytea
language sql volatile strict parallel safe
return case algorithm
    when 0 then decode(pg_catalog.md5(value), 'hex')
    when 2 then sha256(convert_to(value, 'UTF8'))
    when 3 then sha512(convert_to(value, 'UTF8'))
end;

create function db2.hex(value bytea) returns text
language sql immutable strict parallel safe
return upper(encode(value, 'hex'));

create function db2.hex(value text) returns text
language sql immutable strict parallel safe
return upper(encode(convert_to(value, 'UTF8'), 'hex'));

-- Values as text, in Db2's forms.
create function db2.text_of(value text) returns text
language sql immutable strict parallel safe
return value;

create function db2.text_of(value character) returns text
language sql immutable strict parallel safe
return textin(bpcharout(value));

create function db2.text_of(value smallint) returns text
language sql immutable strict parallel safe
return value::text;

create function db2.text_of(value integer) returns text
language sql immutable strict parallel safe
return value::text;

create function db2.text_of(value bigint) returns text
language sql immutable strict parallel safe
return value::text;

create function db2.text_of(value numeric) returns text
language sql immutable strict parallel safe
return regexp_replace(value::text, '^(-?)0\.', '\1.');

create function db2.text_of(value boolean) returns text
language sql immutable strict parallel safe
return case when value then 'TRUE' else 'FALSE' end;

create function db2.text_of(value date) returns text
language sql immutable strict parallel safe
return to_char(value, 'YYYY-MM-DD');

create function db2.text_of(value timestamp) returns text
language sql immutable strict parallel safe
return to_char(value, 'YYYY-MM-DD-HH24.MI.SS.US');

create function db2.digits(value bigint) returns text
language sql immutable strict parallel safe
return lpad(abs(value)::text, 19, '0');

create function db2.digits(value integer) returns text
language sql immutable strict parallel safe
return lpad(abs(value)::text, 10, '0');

create function db2.varchar_format(value timestamp, form text) returns text
language sql immutable strict parallel safe
return to_char(value, replace(replace(form, 'NNNNNN', 'US'), 'FF6', 'US'));

create function db2.timestamp_format(value text, form text) returns timestamp
language sql immutable strict parallel safe
return to_timestamp(value, replace(replace(form, 'NNNNNN', 'US'), 'FF6', 'US'))::timestamp;

-- Dates and times.
create function db2.current_moment() returns timestamp
language sql stable parallel safe
return statement_timestamp() at time zone 'UTC';

create function db2.timestamp_of(value text) returns timestamp
language sql immutable strict parallel safe
return regexp_replace(value, '^(\d{4}-\d\d-\d\d)-(\d\d)\.(\d\d)\.(\d\d)', '\1 \2:\3:\4')::timestamp;

create function db2.timestamp_of(value timestamp) returns timestamp
language sql immutable strict parallel safe
return value;

create function db2.date_of(value text) returns date
language sql immutable strict parallel safe
return left(value, 10)::date;

create function db2.date_of(value timestamp) returns date
language sql immutable strict parallel safe
return value::date;

create function db2.days(value timestamp) returns integer
language sql immutable strict parallel safe
return (extract(epoch from date_trunc('day', value) - timestamp '0001-01-01') / 86400)::integer + 1;

create function db2.midnight_seconds(value timestamp) returns integer
language sql immutable strict parallel safe
return floor(extract(epoch from value - date_trunc('day', value)))::integer;

create function db2.year(value timestamp) returns integer
language sql immutable strict parallel safe
return extract(year from value)::integer;

create function db2.quarter(value timestamp) returns integer
language sql immutable strict parallel safe
return extract(quarter from value)::integer;

create function db2.month(value timestamp) returns integer
language sql immutable strict parallel safe
return extract(month from value)::integer;

create function db2.day(value timestamp) returns integer
language sql immutable strict parallel safe
return extract(day from value)::integer;

create function db2.hour(value timestamp) returns integer
language sql immutable strict parallel safe
return extract(hour from value)::integer;

create function db2.minute(value timestamp) returns integer
language sql immutable strict parallel safe
return extract(minute from value)::integer;

create function db2.second(value timestamp) returns integer
language sql immutable strict parallel safe
return floor(extract(second from value))::integer;

create function db2.microsecond(value timestamp) returns integer
language sql immutable strict parallel safe
return (extract(microseconds from value)::bigint % 1000000)::integer;

create function db2.week_iso(value timestamp) returns integer
language sql immutable strict parallel safe
return extract(week from value)::integer;

create function db2.dayofweek(value timestamp) returns integer
language sql immutable strict parallel safe
return extract(dow from value)::integer + 1;

create function db2.dayofweek_iso(value timestamp) returns integer
language sql immutable strict parallel safe
return extract(isodow from value)::integer;

create function db2.dayofyear(value timestamp) returns integer
language sql immutable strict parallel safe
return extract(doy from value)::integer;

create function db2.last_day(value date) returns date
language sql immutable strict parallel safe
return (date_trunc('month', value) + interval '1 month - 1 day')::date;

create function db2.add_months(value date, months integer) returns date
language sql immutable strict parallel safe
return (value + make_interval(months => months))::date;

-- An estimate, as documented: of a duration's text, with years of 365 days and months of 30.
create function db2.timestampdiff(unit integer, duration text) returns integer
language sql immutable strict parallel safe
return (
    select trunc(
        case unit
            when 256 then year
            when 128 then (year * 12 + month) / 3
            when 64 then year * 12 + month
            when 32 then (year * 365 + month * 30 + day) / 7
            when 16 then year * 365 + month * 30 + day
            when 8 then (year * 365 + month * 30 + day) * 24 + hour
            when 4 then ((year * 365 + month * 30 + day) * 24 + hour) * 60 + minute
            when 2 then (((year * 365 + month * 30 + day) * 24 + hour) * 60 + minute) * 60 + second
        end
    )
    from (
        select
            trunc(value / 10000000000) as year,
            trunc(value / 100000000) % 100 as month,
            trunc(value / 1000000) % 100 as day,
            trunc(value / 10000) % 100 as hour,
            trunc(value / 100) % 100 as minute,
            trunc(value) % 100 as second
        from (select duration::numeric as value) as given
    ) as parts
)::integer;

-- Sums of integers are integers, and so is their average; a count is an INTEGER.
create aggregate db2.sum(integer) (sfunc = int4pl, stype = integer);
create aggregate db2.sum(bigint) (sfunc = int8pl, stype = bigint);

create function db2.average(total bigint[]) returns bigint
language sql immutable parallel safe
return case when total[2] > 0 then total[1] / total[2] end;

create function db2.add_up(total bigint[], value bigint) returns bigint[]
language sql immutable parallel safe
return case when value is null then total else array[total[1] + value, total[2] + 1] end;

create function db2.add_up(total bigint[], value integer) returns bigint[]
language sql immutable parallel safe
return db2.add_up(total, value::bigint);

create function db2.average_int(total bigint[]) returns integer
language sql immutable parallel safe
return db2.average(total)::integer;

create aggregate db2.avg(integer) (
    sfunc = db2.add_up, stype = bigint[], finalfunc = db2.average_int, initcond = '{0,0}'
);
create aggregate db2.avg(bigint) (
    sfunc = db2.add_up, stype = bigint[], finalfunc = db2.average, initcond = '{0,0}'
);

create function db2.counted(total bigint) returns integer
language sql immutable parallel safe
return total::integer;

create aggregate db2.count(*) (
    sfunc = int8inc, stype = bigint, finalfunc = db2.counted, initcond = '0'
);
create aggregate db2.count("any") (
    sfunc = int8inc_any, stype = bigint, finalfunc = db2.counted, initcond = '0'
);
create aggregate db2.count_big(*) (sfunc = int8inc, stype = bigint, initcond = '0');
create aggregate db2.count_big("any") (sfunc = int8inc_any, stype = bigint, initcond = '0');
