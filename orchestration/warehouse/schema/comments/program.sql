comment on table ops.settings is
    'Settings that SQL needs, too; meta-ads keeps them equal to its own';
comment on table ops.locks is
    'One row for each thing that only one session does at a time; the session locks the row';
comment on table ops.heartbeats is
    'When each process that works by itself last showed a sign of life';
comment on column ops.heartbeats.interval_seconds is
    'The longest silence that it announced; after that it counts as dead';
comment on table ops.migrations is 'The files of schema/tables that ran here, with their checksums';
comment on table ops.routines is
    'The files of schema/routines and schema/comments as they were last applied here';
comment on column ops.routines.name is
    'The function or view, or comments/ and the name of the file';
comment on table ops.retention is 'How far each rule of retention has come, and what it deleted';
comment on column ops.retention.position is
    'The batch up to which the rows of batches were looked at in this cycle; 0 for rules that '
    'look for old rows alone';
comment on column ops.retention.rows_deleted is
    'How many rows the rule has deleted or put together so far';
