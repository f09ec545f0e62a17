-- What schema 21 had and the files in routines/ no longer have; runs once, when a warehouse of that
-- schema goes on with the baseline.

-- Each made the roles of its time by calling the one before; ops.ensure_roles does all of it now.
drop function ops.ensure_first_roles(text);
drop function ops.ensure_roles_of_health(text);
drop function ops.ensure_roles_before_results(text);
drop function ops.ensure_roles_before_restores(text);
drop function ops.ensure_roles_before_token_checks(text);
drop function ops.ensure_roles_before_doors(text);
