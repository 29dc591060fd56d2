"""The way in: ASGI edge, authentication, rate limit, admission, health, bulk transfer, admin."""
