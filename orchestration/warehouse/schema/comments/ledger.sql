comment on table ops.batches is 'One question to the API about a client and a range of days';
comment on column ops.batches.rows_duplicated is 'Rows that came on two pages; kept once';
comment on column ops.batches.read_for is 'The latest due day of the account when the answer came';

comment on table ops.imports is
    'Batches whose rows come from an export of Ads Manager that a person imported, with the file; '
    'their api_version is import';
comment on column ops.imports.sha256 is 'The digest of the file, which tells it from others';
comment on column ops.imports.names_conversions is
    'Whether the file says how many conversions there were; if not, they are unknown and not zero';

comment on table ops.receipts is
    'What happened to each client, level and day: asked, then received, empty, refused, failed '
    'or waived. Old ones move to ops.folded_receipts; ops.all_receipts has both';

comment on table ops.folded_receipts is
    'The receipts of a client, level and day that have grown old, in one row: each array has a '
    'place for each receipt';
comment on column ops.folded_receipts.receipt_ids is 'In order of time, like the other arrays';

comment on table ops.slice_state is
    'What is stored now for a client, level and day, and how the last attempt ended';
comment on column ops.slice_state.received_at is 'When the stored rows were first received';
comment on column ops.slice_state.confirmed_at is
    'When an answer last said that these rows are still right';
comment on column ops.slice_state.read_for is
    'The latest due day when these rows were last read; owed again until the lookback has passed';
comment on column ops.slice_state.failed_attempts is
    'Attempts in a row that failed or were refused since the day was last good; attempts with a '
    'dead token do not count';
comment on column ops.slice_state.mended_from is
    'The level whose rows completed the conversions of these; null where they are as the API '
    'sent them';

comment on table ops.failed_collections is
    'Collections that failed after their last retry, with what was tried; closed once the days '
    'are good';
comment on column ops.failed_collections.closed_by_batch_id is 'The batch that brought the days';

comment on table ops.collection_leases is
    'Who asks for a client-day right now; one collector at a time';
comment on column ops.collection_leases.owner is
    'The process, so that a dead one is noticed at once';

comment on table ops.range_collections is
    'Collections of a range of days that a person named, and whether they finished';
comment on column ops.range_collections.client_ids is 'Those that were named; empty for all';

comment on table ops.restatements is
    'What a later reading of a day changed in staging, summed over the campaigns of the day';
comment on column ops.restatements.metric is
    'spend, impressions, clicks, link_clicks, or conversions:family and value:family of the '
    'families that count';
comment on column ops.restatements.age_days is
    'How old the day was at that reading: the latest due day less the day itself';

comment on table ops.known_oddities is
    'What the gate warned of once for a client and does not warn of again';
comment on column ops.known_oddities.subject is 'An action type, a field, or a conversion family';
comment on column ops.known_oddities.first_day is
    'The first day of the answer in which it was seen';

comment on table ops.api_usage is
    'For each client: calls, calls refused as too many, and the highest share of a limit in the '
    'last run';

comment on table ops.token_checks is
    'When Meta was last asked whose a refused token is, beside all collections, and when it last '
    'answered';
comment on column ops.token_checks.token is 'The name of the variable that holds it';

comment on table ops.throttle_state is
    'What Meta last said of the limits of an ad account or an app: collections tell each other, so '
    'that all of them pause. A row goes a day after its end';
comment on column ops.throttle_state.key is
    'The ad account, or the app, which is known by a digest of its token';
comment on column ops.throttle_state.paused_until is
    'When it may be asked again, by the clock of this server';
comment on column ops.throttle_state.percent is 'The used share of the limit';

comment on table ops.api_notices is
    'What Meta announces about its API, such as the end of a version; closed once a run no '
    'longer receives it';
