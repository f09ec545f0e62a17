"""The dashboard: pages made on the server, their data and templates."""
