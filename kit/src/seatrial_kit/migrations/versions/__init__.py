"""The kit's own tables."""
