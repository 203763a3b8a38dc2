"""What a Python service may import at run time."""
