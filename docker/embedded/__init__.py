"""Set-up and supervisor of the embedded stack: everything on one machine, without Docker."""
