-- SQL for the rows of a mart as a publication left them.
create or replace function ops.rows_at(mart text, columns text, wanted bigint) returns text
language sql immutable
as $$
    select format(
        '(select %1$s from published.%2$I where publication_id <= %3$s
        union all
        select %1$s from history.%2$I
        where publication_id <= %3$s and ended_publication_id > %3$s)',
        columns, mart, wanted
    )
$$;
