comment on table ops.builds is 'Each build of the marts, and how it ended; one runs at a time';
comment on column ops.builds.heartbeat_at is 'When a node of it last showed a sign of life';
comment on column ops.builds.rules_hash is
    'A hash of the models; another one than before builds everything';
comment on column ops.builds.invocation_id is 'The run of dbt that it is';
comment on column ops.builds.after_publication_id is 'The newest publication when the build began';
comment on column ops.builds.project_digest is
'Digest of the dbt project, if every seed and model was built and no test failed';
comment on column ops.builds.reason is 'Why it failed, where meta-ads or Dagster ran it';

comment on table ops.build_client_months is
    'The client-months of a build, with the version of their data';
comment on column ops.build_client_months.left_out is
    'Why the publication left this client-month out; null where it did not';

comment on table ops.build_nodes is
    'The models that a build has finished; a crash of the server empties it';

comment on table ops.definitions is
    'Hashes of the SQL of each view and candidate, and of the comments of each mart, so that what did not change is left as it is';

comment on table ops.publications is 'Each publication and rollback that changed rows of the marts';
comment on column ops.publications.restores is 'The publication that a rollback went back to';
comment on column ops.publications.pruned_at is
    'When its rows of history were deleted; what it showed is no longer kept';

comment on table ops.publication_manifest is
    'What each changed client-month held after the publication, per mart';
comment on column ops.publication_manifest.content_hash is
    'Sum of hash_record_extended of the rows, over the columns of the shape; null: older than '
    'the shapes';

comment on table ops.mart_shapes is 'The columns that a hash was taken of, and the key of the mart';
comment on table ops.published_rows is
    'Key and hash of every published row, so that a row that was changed without a publication '
    'is named';

comment on table ops.reopenings is
    'Publications that changed a month after it was final, and what they changed';
