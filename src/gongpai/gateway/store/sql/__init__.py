"""Records in SQLite or PostgreSQL: a file a record, each statement written once, run by thin drivers."""
