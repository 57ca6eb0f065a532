"""The specification, purely: which requests may be, what tokens and documents say. It reads and writes nothing.

Authlib's core (read at 1.9.9) was weighed for this and left out. Its rules live in methods of grant classes that load
and save through hooks between the checks, so no list of them can be held beside the specification, and a code cannot be
spent in one act of the store. It reads the clock itself; its check of prompt knows neither max_age nor id_token_hint;
its errors carry no iss; and the rules T6 to T20 would stand beside it all the same. What is hard to write, JOSE, is
joserfc's, and ``jose.py`` alone knows it.
"""
