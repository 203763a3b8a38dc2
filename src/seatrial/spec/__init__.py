"""The page: what it may say, how it is read with positions, and how an environment is laid over it."""
