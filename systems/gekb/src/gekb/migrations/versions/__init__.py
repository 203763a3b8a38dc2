"""Plain SQL, one step a file."""
