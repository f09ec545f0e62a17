-- What a client is sent each month: whole months alone. A month that is not whole has no row here,
-- and the test months_are_whole says which one is missing and why.
select
    summary.client_id,
    summary.client_name,
    summary.month,
    summary.currency,
    summary.spend,
    summary.conversions,
    summary.conversion_value,
    summary.roas,
    summary.publication_id
from {{ source('meta_ads', 'monthly_client_summary') }} as summary
where summary.is_complete and summary.publication_id is not null
