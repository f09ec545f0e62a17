"""meta-ads-warehouse: Meta Ads Insights, collected with receipts and published whole or not at all."""
