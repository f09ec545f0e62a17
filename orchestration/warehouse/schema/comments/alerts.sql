comment on table ops.alerts is
    'What a person should know: open, acknowledged, or resolved once the facts changed';
comment on column ops.alerts.fingerprint is 'What it is about; one unresolved alert for each';
comment on column ops.alerts.subject is 'What happened, in one line';
comment on column ops.alerts.facts is 'What the rule saw: days, reasons; what keeps the alert open';
comment on column ops.alerts.since is 'Since when it is so, as far as the ledger knows';
comment on column ops.alerts.times_seen is 'Evaluations that saw it since it was last opened';
comment on column ops.alerts.notified_at is
    'When the latest message about it was written; null: it was muted, or is of low severity';
comment on column ops.alerts.raised_at is
    'When its severity was last raised because nobody acknowledged it';
comment on column ops.alerts.resolved_by is 'A person; null where the facts resolved it';

comment on table ops.alerts_pending is
    'Findings that may be gone in a moment and are not alerts yet, and since when they are seen';

comment on table ops.alert_mutes is
    'For how long alerts of a rule, of a client or (both null) all are opened and resolved '
    'without a message';

comment on table ops.alert_messages is
    'Messages: written in the transaction that changes the alert, sent later, kept as proof';
comment on column ops.alert_messages.message_key is
    'The same for every attempt, so that a receiver notices a repetition';
comment on column ops.alert_messages.not_before is
    'The end of quiet hours, or of the pause after a failed attempt';
comment on column ops.alert_messages.receipt is
    'What the destination answered when it accepted the message';
comment on column ops.alert_messages.instead_of is 'The message that another destination refused';

comment on table ops.alert_destinations is
    'Where alerts go, as the delivering process is set up, and how deliveries went';
comment on column ops.alert_destinations.note is 'Why it is off';
comment on column ops.alert_destinations.heartbeat_at is
    'When the latest heartbeat message was written for it';

comment on table ops.run_failures is
    'Runs that Dagster saw fail, until a later run of the same job succeeds';
