"""The outer form of the Graph API: calls, envelopes, errors, versions, batches, day ranges."""
