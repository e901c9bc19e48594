"""What every local service shares: a settable clock, fault injection, admin routes, start-up."""
