"""The browser's journey to a session. Steps return to the dispatcher and never call each other."""
