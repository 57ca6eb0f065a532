"""Memory: the ports and their backends. It keeps what it is told and decides nothing about sign-in."""
