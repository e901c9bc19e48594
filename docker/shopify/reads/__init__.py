"""Queries: root fields and computed fields of each resource."""
