-- The parts of Db2's catalogue that dbt-db2 and this project ask.

create view sysibm.sysdummy1 as select 'Y'::char(1) as ibmreqd;

create view syscat.schemata as
select
    db2.swapcase(nspname::text) as schemaname,
    upper(nspowner::regrole::text) as owner,
    obj_description(oid, 'pg_namespace') as remarks
from pg_namespace
where nspname not like 'pg\_%' and nspname not in ('db2', 'information_schema', 'public');

create view syscat.tables as
select
    db2.swapcase(nspname::text) as tabschema,
    db2.swapcase(relname::text) as tabname,
    upper(relowner::regrole::text) as owner,
    (case relkind when 'r' then 'T' when 'v' then 'V' when 'm' then 'S' end)::char(1) as type,
    (case when relispopulated then 'N' else 'C' end)::char(1) as status,
    greatest(reltuples, -1)::bigint as card,
    relnatts::smallint as colcount,
    (case when column_organized.tabid is null then 'R' else 'C' end)::char(1) as tableorg,
    obj_description(pg_class.oid, 'pg_class') as remarks
from pg_class
join pg_namespace on pg_namespace.oid = relnamespace
left join db2.column_organized on column_organized.tabid = pg_class.oid
where relkind in ('r', 'v', 'm') and nspname not like 'pg\_%' and nspname not in ('db2', 'information_schema')
union all
select viewschema, viewname, upper(current_user), 'V', 'X', -1, null, ' ', null
from db2.views
where to_regclass(quote_ident(db2.swapcase(viewschema)) || '.' || quote_ident(db2.swapcase(viewname))) is null;

create view syscat.views as
select
    viewschema,
    viewname,
    (case when to_regclass(
        quote_ident(db2.swapcase(viewschema)) || '.' || quote_ident(db2.swapcase(viewname))
    ) is null then 'N' else 'Y' end)::char(1) as valid,
    made_by[1] as text
from db2.views;

-- 32672 octets, and 31 digits with 8 after the point, stand for what PostgreSQL does not derive of an expression.
create view syscat.columns as
select
    db2.swapcase(nspname::text) as tabschema,
    db2.swapcase(relname::text) as tabname,
    db2.swapcase(attname::text) as colname,
    (attnum - 1)::smallint as colno,
    (case typname
        when 'int2' then 'SMALLINT' when 'int4' then 'INTEGER' when 'int8' then 'BIGINT'
        when 'numeric' then 'DECIMAL' when 'float4' then 'REAL' when 'float8' then 'DOUBLE'
        when 'varchar' then 'VARCHAR' when 'text' then 'VARCHAR' when 'bpchar' then 'CHARACTER'
        when 'clob' then 'CLOB' when 'bool' then 'BOOLEAN' when 'bytea' then 'VARBINARY'
        else upper(typname)
    end)::text as typename,
    (case typname
        when 'varchar' then case
            when atttypmod > 1000000 then atttypmod - 4 - 1000000
            when atttypmod > 0 then (atttypmod - 4) * 4
            else 32672 end
        when 'text' then 32672
        when 'bpchar' then atttypmod - 4
        when 'numeric' then case when atttypmod > 0 then ((atttypmod - 4) >> 16) & 65535 else 31 end
        when 'clob' then 1048576 when 'timestamp' then 10 when 'bytea' then 32672
        else attlen
    end)::integer as length,
    (case typname
        when 'numeric' then case when atttypmod > 0 then (atttypmod - 4) & 2047 else 8 end
        when 'timestamp' then 6 else 0
    end)::smallint as scale,
    (case
        when typname = 'varchar' and atttypmod between 0 and 1000000 then atttypmod - 4
        when typname = 'varchar' and atttypmod > 1000000 then atttypmod - 4 - 1000000
        when typname in ('varchar', 'text') then 32672
        when typname = 'bpchar' then atttypmod - 4
        when typname = 'clob' then 1048576
    end)::integer as stringunitslength,
    (case
        when typname = 'varchar' and atttypmod between 0 and 1000000 then 'CODEUNITS32'
        when typname in ('varchar', 'text', 'bpchar', 'clob') then 'OCTETS'
    end)::text as typestringunits,
    (case when attnotnull then 'N' else 'Y' end)::char(1) as nulls,
    ''::text as hidden,
    (case when attidentity = '' then 'N' else 'Y' end)::char(1) as identity,
    pg_get_expr(adbin, adrelid) as "DEFAULT",
    col_description(pg_class.oid, attnum) as remarks
from pg_attribute
join pg_class on pg_class.oid = attrelid
join pg_namespace on pg_namespace.oid = relnamespace
join pg_type on pg_type.oid = atttypid
left join pg_attrdef on adrelid = attrelid and adnum = attnum
where
    attnum > 0 and not attisdropped and relkind in ('r', 'v', 'm')
    and nspname not like 'pg\_%' and nspname not in ('db2', 'information_schema');

create view syscat.indexes as
select
    db2.schema_of(indexrelid) as indschema,
    db2.name_of(indexrelid) as indname,
    db2.schema_of(indrelid) as tabschema,
    db2.name_of(indrelid) as tabname,
    (
        select string_agg('+' || db2.swapcase(attname::text), '' order by place)
        from unnest(indkey::int2[]) with ordinality as keys (number, place)
        join pg_attribute on attrelid = indrelid and attnum = number
    ) as colnames,
    (case when indisprimary then 'P' when indisunique then 'U' else 'D' end)::char(1) as uniquerule
from pg_index
where indrelid >= 16384 and db2.schema_of(indrelid) <> 'DB2';

-- PostgreSQL's own relations have lower numbers than 16384.
create view syscat.tabconst as
select
    db2.swapcase(conname::text) as constname,
    db2.schema_of(conrelid) as tabschema,
    db2.name_of(conrelid) as tabname,
    (case contype when 'c' then 'K' else upper(contype::text) end)::char(1) as type,
    'Y'::char(1) as enforced,
    ' '::char(1) as trusted,
    'Y'::char(1) as enablequeryopt
from pg_constraint
where contype in ('p', 'u', 'f', 'c') and conrelid >= 16384 and db2.schema_of(conrelid) <> 'DB2'
union all
select
    constname, db2.schema_of(tabid), db2.name_of(tabid), upper(kind::text), 'N',
    case when trusted then 'Y' else 'N' end, case when optimizes then 'Y' else 'N' end
from db2.informational
where exists (select from pg_class where oid = tabid)
    and (parent is null or exists (select from pg_class where oid = parent));

create view syscat.keycoluse as
select
    db2.swapcase(conname::text) as constname,
    db2.schema_of(conrelid) as tabschema,
    db2.name_of(conrelid) as tabname,
    db2.swapcase(attname::text) as colname,
    place::smallint as colseq
from pg_constraint
cross join unnest(conkey) with ordinality as keys (number, place)
join pg_attribute on attrelid = conrelid and attnum = number
where contype in ('p', 'u', 'f') and conrelid >= 16384 and db2.schema_of(conrelid) <> 'DB2'
union all
select constname, db2.schema_of(tabid), db2.name_of(tabid), colname, place::smallint
from db2.informational
cross join unnest(columns) with ordinality as keys (colname, place)
where exists (select from pg_class where oid = tabid);

create view syscat.references as
select
    constname,
    db2.schema_of(tabid) as tabschema,
    db2.name_of(tabid) as tabname,
    db2.schema_of(parent) as reftabschema,
    db2.name_of(parent) as reftabname,
    cardinality(columns)::smallint as colcount,
    ' ' || array_to_string(columns, ' ') as fk_colnames,
    ' ' || array_to_string(parent_columns, ' ') as pk_colnames,
    'A'::char(1) as deleterule
from db2.informational
where
    kind = 'f' and exists (select from pg_class where oid = tabid)
    and exists (select from pg_class where oid = parent)
union all
select
    db2.swapcase(conname::text), db2.schema_of(conrelid), db2.name_of(conrelid),
    db2.schema_of(confrelid), db2.name_of(confrelid), cardinality(conkey)::smallint,
    (select ' ' || string_agg(db2.swapcase(attname::text), ' ') from pg_attribute
        where attrelid = conrelid and attnum = any(conkey)),
    (select ' ' || string_agg(db2.swapcase(attname::text), ' ') from pg_attribute
        where attrelid = confrelid and attnum = any(confkey)),
    confdeltype::text
from pg_constraint
where contype = 'f';

create view syscat.tabdep as
select distinct
    db2.schema_of(dependent.oid) as tabschema,
    db2.name_of(dependent.oid) as tabname,
    (case dependent.relkind when 'm' then 'S' else 'V' end)::char(1) as dtype,
    (case base.relkind when 'v' then 'V' when 'm' then 'S' else 'T' end)::char(1) as btype,
    db2.schema_of(base.oid) as bschema,
    db2.name_of(base.oid) as bname
from pg_rewrite
join pg_class as dependent on dependent.oid = ev_class
join pg_depend on classid = 'pg_rewrite'::regclass and objid = pg_rewrite.oid and refclassid = 'pg_class'::regclass
join pg_class as base on base.oid = refobjid and base.oid <> dependent.oid
where db2.schema_of(dependent.oid) not in ('DB2', 'SYSCAT', 'SYSIBMADM', 'SYSIBM')
    and db2.schema_of(dependent.oid) not like 'PG\_%' and db2.schema_of(dependent.oid) <> 'INFORMATION_SCHEMA';

create view syscat.roles as select rolename from db2.roles;

create view sysibmadm.privileges as
select
    authid,
    authidtype::char(1) as authidtype,
    privilege,
    'N'::char(1) as grantable,
    objectname,
    objectschema,
    tables.type::text as objecttype
from db2.privileges
join syscat.tables on tables.tabschema = objectschema and tables.tabname = objectname;

create view sysibmadm.dbcfg as
select name, value
from (values
    ('auto_reval', 'DEFERRED'),
    ('codepage', '1208'),
    ('codeset', 'UTF-8'),
    ('date_compat', 'OFF'),
    ('dec_to_char_fmt', 'NEW'),
    ('decflt_rounding', 'ROUND_HALF_EVEN'),
    ('number_compat', 'OFF'),
    ('pagesize', '32768'),
    ('string_units', 'SYSTEM'),
    ('varchar2_compat', 'OFF')
) as settings (name, value);

create view sysibmadm.env_inst_info as
select 'db2inst1'::text as inst_name, 'DB2 v11.5.9.0 (stand-in over PostgreSQL)'::text as service_level;

create view syscat.tablespaces as
select tbspace, datatype::char(1) as datatype, 32768 as pagesize
from (values ('SYSCATSPACE', 'A'), ('TEMPSPACE1', 'T'), ('USERSPACE1', 'L')) as spaces (tbspace, datatype);

-- RUNSTATS and REORG, of what CALL SYSPROC.ADMIN_CMD can.
create function sysproc.admin_cmd(command text) returns void
language plpgsql as $$
declare
    words constant text[] := regexp_match(command, '^\s*(runstats on|reorg)\s+table\s+(\S+)', 'i');
    relation constant regclass := to_regclass(words[2]);
begin
    if words is null then
        raise exception 'SQL0901N  The stand-in does not emulate ADMIN_CMD(''%'').', command using errcode = '58004';
    end if;
    if relation is null then
        raise exception 'SQL2306N  The table or index "%" does not exist.', upper(words[2]) using errcode = '42704';
    end if;
    if words[1] ilike 'runstats%' then
        execute format('analyze %s', relation);
    end if;
end $$;
