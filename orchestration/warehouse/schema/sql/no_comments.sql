-- Statements that take the comments off some tables and their columns.
select
    case
        when d.objsubid = 0 then format('comment on table %%s is null', c.oid::regclass)
        else format('comment on column %%s.%%I is null', c.oid::regclass, a.attname)
    end as statement
from pg_description as d
inner join pg_class as c on d.classoid = 'pg_class'::regclass and d.objoid = c.oid
left join pg_attribute as a on c.oid = a.attrelid and d.objsubid = a.attnum and a.attnum > 0
where c.oid = any(%(tables)s::regclass[])
