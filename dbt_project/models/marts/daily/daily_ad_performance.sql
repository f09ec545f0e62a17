{{ daily_mart('ad', 'daily_ad_performance') }}
