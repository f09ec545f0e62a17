-- Can the warehouse be written to? And as of when is it read, where META_ADS_NOW sets the time?
select
    case when current_setting('transaction_read_only') = 'on' then 'fail' else 'pass' end as status,
    jsonb_build_object('asOf', nullif(current_setting('meta_ads.now', true), '')) as detail
