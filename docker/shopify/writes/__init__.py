"""Mutations, a module a resource."""
