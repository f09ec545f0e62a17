-- Alerts that are open or acknowledged.
select * from ops.alerts where state <> 'resolved'
