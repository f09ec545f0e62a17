"""The Graph API on the wire: calls, error envelopes, headers, cursors, versions, day ranges."""
