-- What Meta announces in its answers about the version of its API.
select notice, first_heard_at from ops.api_notices where closed_at is null order by 2, 1
