-- Whether a process showed a sign of life within the longest silence that it announced.
create or replace function ops.is_alive(beat_at timestamptz, interval_seconds integer)
returns boolean
language sql volatile
as $$ select beat_at >= clock_timestamp() - make_interval(secs => interval_seconds) $$;
