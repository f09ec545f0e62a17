"""The destinations of messages: Slack, e-mail, webhooks, and how settings turn them on."""
