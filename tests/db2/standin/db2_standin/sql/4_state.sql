-- What Db2's catalogue knows of and PostgreSQL's does not.

-- Names are Db2's. A view is not valid while PostgreSQL has none of its name.
create table db2.views (
    viewschema text not null,
    viewname text not null,
    -- Makes it, and what was said of it: comments.
    made_by text[] not null,
    primary key (viewschema, viewname)
);

create table db2.informational (
    constname text not null,
    tabid oid not null,
    kind "char" not null,
    columns text[] not null,
    parent oid,
    parent_columns text[],
    trusted boolean not null,
    optimizes boolean not null,
    primary key (constname, tabid)
);

create table db2.privileges (
    authid text not null,
    authidtype "char" not null,
    privilege text not null,
    objectschema text not null,
    objectname text not null,
    primary key (authid, authidtype, privilege, objectschema, objectname)
);

create table db2.roles (rolename text primary key);

create table db2.column_organized (tabid oid primary key);

create function db2.swapcase(name text) returns text
language sql immutable strict parallel safe
return pg_catalog.translate(
    name,
    'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ',
    'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
);

create function db2.schema_of(tabid oid) returns text
language sql stable strict
return (select db2.swapcase(nspname::text) from pg_class, pg_namespace
    where pg_class.oid = tabid and pg_namespace.oid = relnamespace);

create function db2.name_of(tabid oid) returns text
language sql stable strict
return (select db2.swapcase(relname::text) from pg_class where oid = tabid);

-- The views over a relation, those that others rest on first.
create function db2.views_over(relation regclass) returns setof oid
language sql stable as $$
    with recursive dependents (viewid, depth) as (
        select relation::oid, 0
        union
        select pg_rewrite.ev_class, dependents.depth + 1
        from dependents
        join pg_depend
            on pg_depend.refclassid = 'pg_class'::regclass
            and pg_depend.refobjid = dependents.viewid
            and pg_depend.classid = 'pg_rewrite'::regclass
        join pg_rewrite on pg_rewrite.oid = pg_depend.objid and pg_rewrite.ev_class <> dependents.viewid
        where dependents.depth < 50
    )
    select viewid from dependents where depth > 0 group by viewid order by max(depth)
$$;

-- Comments of a relation, as statements.
create function db2.comments_on(relation regclass) returns text[]
language sql stable as $$
    select coalesce(array_agg(statement), '{}') from (
        select format('comment on view %s is %L', relation, obj_description(relation, 'pg_class')) as statement
        where obj_description(relation, 'pg_class') is not null
        union all
        select format('comment on column %s.%I is %L', relation, attname, col_description(relation, attnum))
        from pg_attribute
        where attrelid = relation and attnum > 0 and col_description(relation, attnum) is not null
    ) as said
$$;

-- Before a relation goes or gets another name: the views over it are not valid any more. Their text stays.
create function db2.invalidate(relation regclass) returns void
language plpgsql as $$
declare
    viewid oid;
begin
    for viewid in select each from db2.views_over(relation) as each loop
        update db2.views set made_by = made_by[1:1] || db2.comments_on(viewid)
        where viewschema = db2.schema_of(viewid) and viewname = db2.name_of(viewid);
    end loop;
    for viewid in
        select each from db2.views_over(relation) as each
        join pg_class on pg_class.oid = each where relkind = 'v'
    loop
        if exists (select from pg_class where oid = viewid) then
            execute format('drop view %s cascade', viewid::regclass);
        end if;
    end loop;
end $$;

create function db2.require_renamable(relation regclass) returns void
language plpgsql as $$
begin
    if (select relkind from pg_class where oid = relation) = 'm' then
        raise exception 'SQL0607N  The operation is not defined for materialized query tables.'
            using errcode = '42832';
    end if;
    if exists (select from db2.informational as each
            where kind = 'f' and relation in (each.tabid, each.parent)
            and exists (select from pg_class where oid = each.tabid)
            and exists (select from pg_class where oid = each.parent))
        or exists (select from pg_constraint
            where contype = 'f' and relation in (conrelid, confrelid))
        or exists (select from db2.views_over(relation) as each
            join pg_class on pg_class.oid = each where relkind = 'm')
    then
        raise exception 'SQL0750N  The object "%.%" cannot be renamed: a foreign key or a materialized query table '
            'depends on it.', db2.schema_of(relation), db2.name_of(relation) using errcode = '42986';
    end if;
end $$;

-- Grants follow a table to its new name, and go when it goes.
create function db2.rename_table(relation regclass, name text) returns void
language plpgsql as $$
begin
    perform db2.require_renamable(relation);
    if exists (select from syscat.tables as c
        where c.tabschema = db2.schema_of(relation) and c.tabname = db2.swapcase(name)) then
        raise exception 'SQL0601N  The name of the object to be created is identical to the existing name "%.%".',
            db2.schema_of(relation), db2.swapcase(name) using errcode = '42710';
    end if;
    perform db2.invalidate(relation);
    update db2.privileges set objectname = db2.swapcase(name)
    where objectschema = db2.schema_of(relation) and objectname = db2.name_of(relation);
    execute format('alter table %s rename to %I', relation, name);
end $$;

create function db2.drop_table(relation regclass) returns void
language plpgsql as $$
declare
    kind constant "char" := (select relkind from pg_class where oid = relation);
begin
    if kind = 'v' then
        raise exception 'SQL0159N  The statement references an object that identifies an unexpected object type.'
            using errcode = '42809';
    end if;
    perform db2.invalidate(relation);
    delete from db2.privileges
    where objectschema = db2.schema_of(relation) and objectname = db2.name_of(relation);
    execute format('drop %s %s cascade', case kind when 'm' then 'materialized view' else 'table' end, relation);
end $$;

create function db2.drop_view(relation text) returns void
language plpgsql as $$
declare
    names constant text[] := parse_ident(relation);
    known constant regclass := to_regclass(relation);
begin
    if known is not null and (select relkind from pg_class where oid = known) <> 'v' then
        raise exception 'SQL0159N  The statement references an object that identifies an unexpected object type.'
            using errcode = '42809';
    end if;
    delete from db2.views
    where viewschema = db2.swapcase(names[1]) and viewname = db2.swapcase(names[2]);
    if not found then
        raise exception 'SQL0204N  "%.%" is an undefined name.', db2.swapcase(names[1]), db2.swapcase(names[2])
            using errcode = '42704';
    end if;
    delete from db2.privileges
    where objectschema = db2.swapcase(names[1]) and objectname = db2.swapcase(names[2]);
    if known is not null then
        perform db2.invalidate(known);
        execute format('drop view %s cascade', known);
    end if;
end $$;

-- Before CREATE OR REPLACE VIEW: what was granted stays.
create function db2.replace_view(relation text) returns void
language plpgsql as $$
declare
    names constant text[] := parse_ident(relation);
    given db2.privileges[];
begin
    if exists (select from db2.views
        where viewschema = db2.swapcase(names[1]) and viewname = db2.swapcase(names[2])) then
        select array_agg(privileges) into given from db2.privileges
        where objectschema = db2.swapcase(names[1]) and objectname = db2.swapcase(names[2]);
        perform db2.drop_view(relation);
        insert into db2.privileges select (each).* from unnest(given) as each;
    end if;
end $$;

create function db2.grant_on(relation regclass, given text[], kind "char", grantee text) returns void
language plpgsql as $$
begin
    if kind = 'R' and not exists (select from db2.roles where rolename = grantee) then
        raise exception 'SQL0204N  "%" is an undefined name.', grantee using errcode = '42704';
    end if;
    insert into db2.privileges
    select grantee, kind, each, db2.schema_of(relation), db2.name_of(relation) from unnest(given) as each
    on conflict do nothing;
end $$;

create function db2.revoke_on(relation regclass, taken text[], kind "char", grantee text) returns void
language plpgsql as $$
begin
    delete from db2.privileges
    where authid = grantee and authidtype = kind and privilege = any(taken)
        and objectschema = db2.schema_of(relation) and objectname = db2.name_of(relation);
    if not found then
        raise exception 'SQL0556N  An attempt to revoke a privilege from "%" was denied because "%" does not hold it.',
            grantee, grantee using errcode = '42504';
    end if;
end $$;

create function db2.require_row_organized(relation regclass) returns void
language plpgsql as $$
begin
    if exists (select from db2.column_organized where tabid = relation) then
        raise exception 'SQL1667N  The operation failed because it is not supported with the type of the table: '
            'column-organized.' using errcode = '42858';
    end if;
end $$;

create function db2.comment_on(relation regclass, remark text) returns void
language plpgsql as $$
declare
    kind constant "char" := (select relkind from pg_class where oid = relation);
begin
    execute format('comment on %s %s is %L',
        case kind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end,
        relation, remark);
end $$;

create function db2.require_key(relation regclass, names text[]) returns void
language plpgsql as $$
declare
    each text;
begin
    foreach each in array names loop
        if exists (select from syscat.columns as c
            where c.tabschema = db2.schema_of(relation) and c.tabname = db2.name_of(relation) and c.colname = each
            and c.nulls = 'Y')
        then
            raise exception 'SQL0542N  The column named "%" cannot be a column of a primary key or unique key '
                'constraint because it can contain null values.', each using errcode = '42831';
        end if;
    end loop;
end $$;

-- Informational constraints: in the catalogue, checked for what they name, never enforced.
create function db2.add_informational(
    relation regclass, name text, kind "char", names text[], parent regclass, parent_names text[],
    trusted boolean, optimizes boolean
) returns void
language plpgsql as $$
declare
    each text;
    keys text[] := parent_names;
begin
    foreach each in array names loop
        if not exists (select from syscat.columns as c
            where c.tabschema = db2.schema_of(relation) and c.tabname = db2.name_of(relation) and c.colname = each)
        then
            raise exception 'SQL0205N  Column "%" is not defined in "%.%".',
                each, db2.schema_of(relation), db2.name_of(relation) using errcode = '42703';
        end if;
    end loop;
    if kind <> 'f' then
        perform db2.require_key(relation, names);
    end if;
    if exists (select from syscat.tabconst as c where c.constname = name
            and c.tabschema = db2.schema_of(relation) and c.tabname = db2.name_of(relation)) then
        raise exception 'SQL0601N  The name of the object to be created is identical to the existing name "%" of '
            'type "CONSTRAINT".', name using errcode = '42710';
    end if;
    if kind = 'p' and exists (select from syscat.tabconst as c where c.type = 'P'
            and c.tabschema = db2.schema_of(relation) and c.tabname = db2.name_of(relation)) then
        raise exception 'SQL0624N  Table "%.%" already has a "PRIMARY" key.',
            db2.schema_of(relation), db2.name_of(relation) using errcode = '42889';
    end if;
    if kind = 'f' then
        if keys is null then
            select array_agg(k.colname order by k.colseq) into keys
            from syscat.keycoluse as k
            join syscat.tabconst as c using (constname, tabschema, tabname)
            where c.type = 'P' and k.tabschema = db2.schema_of(parent) and k.tabname = db2.name_of(parent);
        end if;
        if not exists (
            select from syscat.keycoluse as k
            join syscat.tabconst as c using (constname, tabschema, tabname)
            where c.type in ('P', 'U') and k.tabschema = db2.schema_of(parent) and k.tabname = db2.name_of(parent)
            group by constname
            having array_agg(k.colname order by k.colname) = (select array_agg(u order by u) from unnest(keys) as u)
        ) then
            raise exception 'SQL0573N  A column list specified in the references clause of constraint "%" does not '
                'identify a unique constraint of the parent table or nickname "%.%".',
                name, db2.schema_of(parent), db2.name_of(parent) using errcode = '42890';
        end if;
    end if;
    insert into db2.informational values (name, relation, kind, names, parent, keys, trusted, optimizes);
end $$;

create function db2.drop_constraint(relation regclass, name text) returns void
language plpgsql as $$
declare
    dropped db2.informational;
begin
    delete from db2.informational where tabid = relation and constname = name returning * into dropped;
    if not found then
        execute format('alter table %s drop constraint %I cascade', relation, db2.swapcase(name));
    elsif dropped.kind <> 'f' then
        -- The foreign keys that rest on a key go with it.
        delete from db2.informational where parent = relation and kind = 'f';
    end if;
end $$;

create function db2.drop_key(relation regclass) returns void
language plpgsql as $$
declare
    name constant text := (select constname from syscat.tabconst where type = 'P'
        and tabschema = db2.schema_of(relation) and tabname = db2.name_of(relation));
begin
    if name is null then
        raise exception 'SQL0629N  A primary key cannot be dropped: there is none.' using errcode = '42888';
    end if;
    perform db2.drop_constraint(relation, name);
end $$;
