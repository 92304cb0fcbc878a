"""The REST API: thin views over the same verbs that the admin calls. Needs the `api` extra.

path("api/catalog-ai/", include("catalog_ai.api.urls"))
"""
