"""The throwaway authority: who trusts it, for what, and for how long."""

import ipaddress
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from gongpai.sandbox.tls import (
    WECOM_HOSTS,
    Throwaway,
    hosts_lines,
    make_throwaway,
    recipes,
    resolver_rules,
    write_trust,
)

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def throwaway() -> Throwaway:
    return make_throwaway(NOW)


def _shake_hands(throwaway: Throwaway, name: str) -> None:
    server, client = socket.socketpair()
    trusting = ssl.create_default_context(cadata=throwaway.certificate_pem.decode())
    trusting.verify_flags |= ssl.VERIFY_X509_STRICT

    def answer() -> None:
        try:
            with throwaway.server_context().wrap_socket(server, server_side=True) as spoken:
                spoken.recv(1)
        except (ssl.SSLError, OSError):
            server.close()

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        with trusting.wrap_socket(client, server_hostname=name) as spoken:
            spoken.sendall(b"x")
    finally:
        client.close()
        thread.join()


@pytest.mark.parametrize("name", WECOM_HOSTS)
def test_whoever_trusts_the_authority_may_talk_to_each_of_wecoms_names(throwaway: Throwaway, name: str) -> None:
    _shake_hands(throwaway, name)


def test_no_other_name_is_vouched_for(throwaway: Throwaway) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        _shake_hands(throwaway, "work.weixin.qq.com")


def test_it_lives_for_a_day_and_names_only_wecoms_hosts(throwaway: Throwaway) -> None:
    root = x509.load_pem_x509_certificate(throwaway.certificate_pem)
    leaf = x509.load_pem_x509_certificate(throwaway.leaf.cert_chain_pems[0].bytes())
    for certificate in (root, leaf):
        assert certificate.not_valid_after_utc - NOW <= timedelta(hours=24)
    constraints = root.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    assert constraints.value.permitted_subtrees == [x509.DNSName(host) for host in WECOM_HOSTS]
    assert constraints.value.excluded_subtrees == [
        x509.IPAddress(ipaddress.ip_network("0.0.0.0/0")),
        x509.IPAddress(ipaddress.ip_network("::/0")),
    ]
    basic = root.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (basic.ca, basic.path_length) == (True, 0)


def test_two_runs_have_nothing_in_common(throwaway: Throwaway) -> None:
    other = make_throwaway(NOW)
    assert other.certificate_pem != throwaway.certificate_pem
    assert other.spki_sha256 != throwaway.spki_sha256


def test_what_is_written_down_for_others_holds_no_key(throwaway: Throwaway, tmp_path: Path) -> None:
    files = write_trust(throwaway, tmp_path, "127.0.0.1")
    assert sorted(tmp_path.iterdir()) == sorted([files.certificate, files.hosts, files.java_truststore])
    assert b"PRIVATE" not in files.certificate.read_bytes()
    assert files.hosts.read_text().startswith(hosts_lines("127.0.0.1"))
    assert "localhost" in files.hosts.read_text()
    assert "PRIVATE" not in repr(throwaway)


def test_the_printed_text_has_a_way_for_each_kind_of_program_and_an_undo(throwaway: Throwaway, tmp_path: Path) -> None:
    files = write_trust(throwaway, tmp_path, "127.0.0.1")
    text = recipes(files, throwaway.spki_sha256, "127.0.0.1", 8443)
    for word in ("curl", "Chromium", "Java", "Python", "Node", "Go", "--resolve", "unshare", "undo", "--tls-port 443"):
        assert word in text
    assert resolver_rules("127.0.0.1", 8443) in text
    assert throwaway.spki_sha256 in text
    assert hosts_lines("127.0.0.1") in text
    assert "--tls-port 443" not in recipes(files, throwaway.spki_sha256, "127.0.0.1", 443)
