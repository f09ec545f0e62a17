"""meta-ads-warehouse: Meta Ads Insights, with receipts, published whole or not at all."""
