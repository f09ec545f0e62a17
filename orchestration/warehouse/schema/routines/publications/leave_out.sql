-- Decides which client-months of the build are not published; the publication holds its lock.
create or replace function ops.leave_out(build bigint) returns void
language sql
as $$
    select ops.drop_taken_back(build);
    select ops.leave_out_unfit(build);
    select ops.leave_out_unlike_staging(build);
$$;
