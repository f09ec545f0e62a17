"""The nodes and edges beside insights: accounts, campaigns, ad sets and ads with their fields."""
