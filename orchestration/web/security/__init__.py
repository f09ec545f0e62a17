"""Who may connect to the web server and ask for what: tokens, sessions, origins, limits."""
