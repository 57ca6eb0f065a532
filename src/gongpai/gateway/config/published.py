"""Secrets that stand in our documents, worlds and test vectors, as hashes: everybody knows them (T26, pure)."""

import hashlib

# A test reads the documents, worlds and vectors, and fails when one of their secrets is not here.
PUBLISHED = frozenset(
    {
        "7cbcd27e7f0f698932ef13b0deb54c59d8818c19537326b73a2f065174cb3ec6",
        "75a08ad0e418372ca997ceabdc2fa08e57a74091ca640ff339a3cb231b7b7e04",
        "fefc60181a9265ce82c1b6d21dc30ce8ca04690e93804934dc3ed67dd9346d0e",
        "52018e2cd296499bdcf2547afa4deb1dcb427fa55159c9165cf70788dbe109b8",
        "6c8fae72d6006ed59c9f4b334658249707987f9f5b3e33a1e44b08187bdebe3d",
        "fd8edb262877d0e7e5ec364e90fa3b9edda516cb5cc5d37b15f9eabddd8411d7",
        "0f007385b6f9d4b7eeb2748605afe1a984a0a3bfa3f014d09e2a784ce9e5cd1a",
        "e0914c91df1b74a8400a35eef86492f91c37db4dfd79013172117db2e7c4dd74",
        "38f471520422782f6c4d1fbb41f486a0e7d4b3963212ccd4621287874000332d",
        "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b",
        "0917b13a9091915d54b6336f45909539cce452b3661b21f386418a257883b30a",
        "02b60b3b9ed309b730abc7006e62bf07ad5b911bc8ae57c4cf001bad35819e7a",
        "4663b35c1154d863125eb690ef2c991d12e6b5c0f05eeee5a1a5524bb545f47c",
    }
)


def is_published(secret: str) -> bool:
    """Whether everybody knows *secret*."""
    return hashlib.sha256(secret.encode()).hexdigest() in PUBLISHED
