-- The destinations that did not accept a message before it was passed on.
with recursive earlier as (
    select instead_of from ops.alert_messages where message_id = %(message_id)s
    union all
    select m.instead_of from ops.alert_messages as m
    inner join earlier as e on m.message_id = e.instead_of
)

select m.destination from earlier as e
inner join ops.alert_messages as m on e.instead_of = m.message_id
