"""A local server of the Databricks Jobs API 2.2 whose tasks run on real Spark and Delta."""
