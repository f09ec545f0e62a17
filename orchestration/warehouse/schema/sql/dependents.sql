-- What would have to be dropped with a function or view, through any number of steps.
with recursive dependents (class_id, object_id) as (
    select %(class)s::regclass::oid, %(object_id)s::oid
    union
    select
        case when r.oid is null then p.classid else 'pg_class'::regclass::oid end,
        coalesce(r.ev_class, p.objid)
    from dependents as d
    inner join pg_depend as p
        on d.class_id = p.refclassid and d.object_id = p.refobjid and p.deptype in ('n', 'a', 'i')
    -- A view depends on what it reads through its rule.
    left join pg_rewrite as r on p.classid = 'pg_rewrite'::regclass and p.objid = r.oid
)

select
    coalesce(fn.nspname || '.' || f.proname, vn.nspname || '.' || v.relname) as name,
    t.tgname as trigger_name,
    pg_describe_object(d.class_id, d.object_id, 0) as description
from dependents as d
left join pg_proc as f on d.class_id = 'pg_proc'::regclass and d.object_id = f.oid
left join pg_namespace as fn on f.pronamespace = fn.oid
left join pg_class as v
    on d.class_id = 'pg_class'::regclass and d.object_id = v.oid and v.relkind = 'v'
left join pg_namespace as vn on v.relnamespace = vn.oid
left join pg_trigger as t on d.class_id = 'pg_trigger'::regclass and d.object_id = t.oid
where
    (d.class_id, d.object_id) <> (%(class)s::regclass::oid, %(object_id)s::oid)
    -- The row type of a view goes with the view; what uses the type is found for itself.
    and d.class_id <> 'pg_type'::regclass
order by 3
