"""All SQL of GEKB, by what it is about; nothing here decides anything."""
