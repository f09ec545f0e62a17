{{ daily_mart('campaign', 'daily_campaign_performance') }}
