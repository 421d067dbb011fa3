-- Arithmetic of dates: Db2 takes labelled durations only, and answers in decimals.

create function db2.later(value date, duration interval) returns date
language sql immutable strict parallel safe
return (value::timestamp + duration)::date;

create function db2.earlier(value date, duration interval) returns date
language sql immutable strict parallel safe
return (value::timestamp - duration)::date;

create function db2.between(later date, earlier date) returns numeric
language sql immutable strict parallel safe
return (
    extract(year from age(later, earlier)) * 10000
    + extract(month from age(later, earlier)) * 100
    + extract(day from age(later, earlier))
)::numeric(8, 0);

create function db2.between(later timestamp, earlier timestamp) returns numeric
language sql immutable strict parallel safe
return (
    extract(year from age(later, earlier)) * 10000000000
    + extract(month from age(later, earlier)) * 100000000
    + extract(day from age(later, earlier)) * 1000000
    + extract(hour from age(later, earlier)) * 10000
    + extract(minute from age(later, earlier)) * 100
    + extract(second from age(later, earlier))
)::numeric(20, 6);

create function db2.no_duration(value date, number integer) returns date
language plpgsql immutable as $$
begin
    raise exception 'SQL0182N  An expression with a datetime value or a labeled duration is not valid.'
        using errcode = '42816';
end $$;

create operator db2.+ (function = db2.later, leftarg = date, rightarg = interval);
create operator db2.- (function = db2.earlier, leftarg = date, rightarg = interval);
create operator db2.- (function = db2.between, leftarg = date, rightarg = date);
create operator db2.- (function = db2.between, leftarg = timestamp, rightarg = timestamp);
create operator db2.+ (function = db2.no_duration, leftarg = date, rightarg = integer);
create operator db2.- (function = db2.no_duration, leftarg = date, rightarg = integer);
