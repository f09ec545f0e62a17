"""The sensors that evaluate alerts and send messages about them."""
