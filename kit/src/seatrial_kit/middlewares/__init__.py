"""Pure ASGI middlewares, one a file; `applications.build` puts them in their order."""
