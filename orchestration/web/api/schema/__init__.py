"""The shapes of the API's answers: what `/openapi.json` and `docs/health_api.md` describe."""
