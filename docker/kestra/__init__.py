"""The real Kestra engine on this machine, without Docker, behind the official REST paths."""
