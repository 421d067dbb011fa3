-- Types that count, cut and refuse as Db2's do. PostgreSQL asks the functions of pg_cast whenever a value goes into
-- a column or through a cast, so that statements need not be rewritten for it.

create domain db2.clob as text;

-- Db2 cuts digits that a decimal has too many; PostgreSQL would round.
create function db2.fit(value numeric, typmod integer) returns numeric
language sql immutable strict parallel safe
return pg_catalog.numeric(trunc(value, (typmod - 4) & 2047), typmod);

create function db2.whole(value numeric) returns bigint
language sql immutable strict parallel safe
return pg_catalog.int8(trunc(value));

create function db2.whole_int(value numeric) returns integer
language sql immutable strict parallel safe
return pg_catalog.int4(trunc(value));

create function db2.whole_short(value numeric) returns smallint
language sql immutable strict parallel safe
return pg_catalog.int2(trunc(value));

-- varchar(1000000 + n) is VARCHAR(n OCTETS), varchar(n) is VARCHAR(n CODEUNITS32).
create function db2.fit(value varchar, typmod integer, is_cast boolean) returns varchar
language plpgsql immutable strict parallel safe as $$
declare
    octets constant integer := typmod - 4 - 1000000;
    held varchar := value;
begin
    if octets < 0 then
        if not is_cast and char_length(rtrim(value, ' ')) > typmod - 4 then
            raise exception 'SQL0433N  Value "%" is too long.', left(value, 40) using errcode = '22001';
        end if;
        return pg_catalog.varchar(value, typmod, true);
    end if;
    if octet_length(value) <= octets then
        return value;
    end if;
    if not is_cast and octet_length(rtrim(value, ' ')) > octets then
        raise exception 'SQL0433N  Value "%" is too long.', left(value, 40) using errcode = '22001';
    end if;
    -- A character that is half inside goes.
    held := left(value, octets);
    while octet_length(held) > octets loop
        held := left(held, -1);
    end loop;
    return held;
end $$;

create function db2.boolean_of(value smallint) returns boolean
language sql immutable strict parallel safe
return value <> 0;

create function db2.boolean_of(value bigint) returns boolean
language sql immutable strict parallel safe
return value <> 0;

create cast (smallint as boolean) with function db2.boolean_of(smallint) as assignment;
create cast (bigint as boolean) with function db2.boolean_of(bigint) as assignment;

set allow_system_table_mods = on;
update pg_cast set castfunc = 'db2.fit(numeric, integer)'::regprocedure
where castsource = 'numeric'::regtype and casttarget = 'numeric'::regtype;
update pg_cast set castfunc = 'db2.fit(varchar, integer, boolean)'::regprocedure
where castsource = 'varchar'::regtype and casttarget = 'varchar'::regtype;
update pg_cast set castfunc = 'db2.whole(numeric)'::regprocedure
where castsource = 'numeric'::regtype and casttarget = 'bigint'::regtype;
update pg_cast set castfunc = 'db2.whole_int(numeric)'::regprocedure
where castsource = 'numeric'::regtype and casttarget = 'integer'::regtype;
update pg_cast set castfunc = 'db2.whole_short(numeric)'::regprocedure
where castsource = 'numeric'::regtype and casttarget = 'smallint'::regtype;
-- What is a bind variable in Db2 comes as an integer.
update pg_cast set castcontext = 'a'
where castsource = 'integer'::regtype and casttarget = 'boolean'::regtype;
reset allow_system_table_mods;
