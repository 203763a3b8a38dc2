"""Keeps notes in one SQLite file; as a program it makes the file."""

import os
import sqlite3


def connect():
    return sqlite3.connect(os.environ.get("NOTES_FILE", "notes.sqlite"))


if __name__ == "__main__":
    with connect() as database:
        database.execute("CREATE TABLE IF NOT EXISTS notes (text TEXT NOT NULL)")
