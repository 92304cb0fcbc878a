"""The demo runner: Redis, worker and web server in one command."""
