"""T25: the throwaway authority is worth nothing elsewhere, and the ownership check is nobody's errand boy."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gongpai.sandbox import Sandbox
from gongpai.sandbox.errors import NotAllowedError
from gongpai.sandbox.tls import WECOM_HOSTS, _root, make_throwaway, write_trust
from gongpai.sandbox.verify import check_ownership, verify_file
from local_site import Answer, local_site


def _shake_hands(trusted_pem: bytes, leaf: trustme.LeafCert, name: str) -> None:
    """Do a TLS handshake in memory, with the strictest checks that Python has."""
    client_context = ssl.create_default_context(cadata=trusted_pem.decode())
    client_context.verify_flags |= ssl.VERIFY_X509_STRICT
    server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    leaf.configure_cert(server_context)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname=name)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    pending = [client, server]
    while pending:
        side = pending.pop(0)
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            pending.append(side)


@pytest.mark.parametrize(
    ("name", "is_good"), [*((host, True) for host in WECOM_HOSTS), ("bank.example", False), ("127.0.0.1", False)]
)
def test_even_with_the_authoritys_key_only_wecoms_names_can_be_played(name: str, is_good: bool) -> None:  # noqa: FBT001
    now, key = datetime.now(UTC), ec.generate_private_key(ec.SECP256R1())
    root_pem = _root(key, now - timedelta(minutes=1), now + timedelta(hours=1)).public_bytes(serialization.Encoding.PEM)
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    leaf = trustme.CA.from_pem(root_pem, key_pem).issue_cert(name)
    if is_good:
        _shake_hands(root_pem, leaf, name)
    else:
        with pytest.raises(ssl.SSLCertVerificationError, match="subtree"):
            _shake_hands(root_pem, leaf, name)


def test_the_authority_writes_no_key_and_ends_within_a_day(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    throwaway = make_throwaway(now)
    write_trust(throwaway, tmp_path, "127.0.0.1")
    chain = x509.load_pem_x509_certificates(throwaway.certificate_pem + throwaway.leaf.cert_chain_pems[0].bytes())
    assert all(each.not_valid_after_utc - now <= timedelta(hours=24) for each in chain)
    assert all(b"PRIVATE KEY" not in file.read_bytes() for file in tmp_path.iterdir())


def test_wecoms_names_are_served_on_loopback_only_unless_somebody_says_so() -> None:
    with pytest.raises(NotAllowedError):
        Sandbox.start(world="base", host="0.0.0.0", tls=True)  # noqa: S104  that is the point


async def test_a_domain_that_the_world_does_not_name_is_not_fetched() -> None:
    file = verify_file("ww1", "a.example")
    with local_site({f"/{file.name}": Answer(file.body.encode())}) as domain:
        assert (await check_ownership(domain, file, listed=[domain])).verdict == "ok"
        assert (await check_ownership(domain, file, listed=["a.example"])).verdict == "not_listed"
