{{ daily_mart('adset', 'daily_ad_set_performance') }}
