"""What the system does on this machine, in figures with their raw samples; nothing here asserts."""
