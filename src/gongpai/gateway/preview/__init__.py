"""What a party, and the hosts behind forward-auth, would be told of a person, and why: looked at, never written.

The claims and headers come from the very functions that the endpoints use. Here are only read-only stand-ins for what
would write, and the words on where each value comes from.
"""
