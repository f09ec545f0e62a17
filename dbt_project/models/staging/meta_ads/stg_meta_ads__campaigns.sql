select
    client_id,
    campaign_id,

    noted_at as described_since,

    objective,
    effective_status,
    daily_budget,
    lifetime_budget,
    currency as budget_currency
from {{ source('meta_ads', 'campaigns') }}
