-- The final months that a publication changed.
select client_id, month, changes, reopened_at from ops.reopenings
where publication_id = %s order by client_id, month
