-- The latest failed collection of each client that may owe days.
select f.* from ops.client_failures as f
inner join ops.clients as c on f.client_id = c.client_id and c.is_listed and ops.may_owe(c)
