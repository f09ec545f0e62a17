-- Whether an error is one that the next attempt meets again until a person does something.
create or replace function ops.needs_person(error text) returns boolean
language sql immutable
as $$
    select error in (
        'TokenDeadError', 'PermissionDeniedError', 'AccountRefusedError', 'AccountChangedError',
        'VersionRetiredError', 'BadRequestError'
    )
$$;
