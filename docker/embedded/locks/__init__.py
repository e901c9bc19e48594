"""Which jars the embedded stack runs, pinned by version and sha256: one .lock file a list."""
