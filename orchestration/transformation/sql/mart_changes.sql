-- Columns of the marts that the shipped project changes: mart, column, its type now, its type then.
-- Nothing for a warehouse without marts, whose readers lose and gain nothing.
with shipped as (
    select * from unnest(%(marts)s::text [], %(columns)s::text [], %(types)s::text [])
        as shipped (mart, column_name, column_type)
),

there as (
    select c.relname as mart, a.attname as column_name, format_type(a.atttypid, null) as column_type
    from pg_class as c
    inner join pg_attribute as a on c.oid = a.attrelid
    where c.relnamespace = to_regnamespace('marts') and c.relkind = 'v' and a.attnum > 0 and not a.attisdropped
)

select
    mart,
    column_name,
    there.column_type as type_now,
    shipped.column_type as type_then,
    -- Whether the mart as a whole is new, or goes.
    not mart = any(array(select there.mart from there)) as is_new_mart,
    not mart = any(%(marts)s) as is_old_mart
from shipped
full join there using (mart, column_name)
where exists (select from there) and shipped.column_type is distinct from there.column_type
order by mart, column_name
