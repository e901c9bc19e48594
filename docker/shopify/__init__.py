"""A local Shopify: the Admin GraphQL API on the official schema, for tests and the demo."""
