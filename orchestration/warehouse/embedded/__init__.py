"""The embedded Postgres server: installed, started, upgraded and stopped by this project."""
