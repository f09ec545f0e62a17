-- Can the warehouse be written to?
select
    case when current_setting('transaction_read_only') = 'on' then 'fail' else 'pass' end as status,
    '{}'::jsonb as detail
