{{ daily_mart('account', 'daily_account_performance') }}
