"""What each resource does; a handler takes a Call and returns the object or a rendered list."""
