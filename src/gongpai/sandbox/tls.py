"""TLS mode: a throwaway authority, certificates for WeCom's real host names, and how a process comes to trust it."""

import base64
import hashlib
import ipaddress
import os
import ssl
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Literal

import jinja2
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

WECOM_HOSTS = (
    "qyapi.weixin.qq.com",
    "open.weixin.qq.com",
    "login.work.weixin.qq.com",
    "open.work.weixin.qq.com",
)

_LIFE = timedelta(hours=24)
# A client's clock may lag a little behind ours.
_CLOCK_SKEW = timedelta(minutes=5)
# Java insists on a password. It guards nothing: the store holds one public certificate.
JAVA_TRUSTSTORE_PASSWORD = "gongpai"  # noqa: S105
_NAME = "gongpai sandbox, throwaway authority (not WeCom)"


@dataclass(frozen=True, slots=True)
class Throwaway:
    """An authority that lives for one run: its private key was dropped as soon as the leaf was signed."""

    certificate_pem: bytes
    leaf: trustme.LeafCert = field(repr=False)

    @property
    def spki_sha256(self) -> str:
        """The leaf's key as Chromium's ``--ignore-certificate-errors-spki-list`` wants it."""
        certificate = x509.load_pem_x509_certificate(self.leaf.cert_chain_pems[0].bytes())
        public_key = certificate.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(hashlib.sha256(public_key).digest()).decode()

    def server_context(self) -> ssl.SSLContext:
        """Return what the server offers: TLS 1.2 or newer with the leaf."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.leaf.configure_cert(context)
        return context


@dataclass(frozen=True, slots=True)
class TrustFiles:
    """What other programs read; nothing in them is secret."""

    certificate: Path
    hosts: Path
    java_truststore: Path


def make_throwaway(now: datetime) -> Throwaway:
    """Make an authority for 24 hours that can vouch for WeCom's hosts only, and one certificate for all of them.

    trustme issues the leaf, but its own authorities have no name constraints and live for
    decades, so the root comes from cryptography, on which trustme stands.
    """
    begins, ends = now - _CLOCK_SKEW, now + _LIFE
    key = ec.generate_private_key(ec.SECP256R1())
    root = _root(key, begins, ends)
    root_pem = root.public_bytes(serialization.Encoding.PEM)
    authority = trustme.CA.from_pem(
        root_pem,
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
    leaf = authority.issue_cert(*WECOM_HOSTS, not_before=begins, not_after=ends)
    return Throwaway(root_pem, leaf)


def write_trust(throwaway: Throwaway, folder: Path, address: str) -> TrustFiles:
    """Write into *folder* the certificate, a Java trust store, and a hosts file with WeCom's names added."""
    files = TrustFiles(folder / "gongpai-ca.pem", folder / "gongpai-hosts", folder / "gongpai-truststore.p12")
    files.certificate.write_bytes(throwaway.certificate_pem)
    files.hosts.write_text(hosts_lines(address) + _machine_hosts(), encoding="utf-8")
    certificate = pkcs12.PKCS12Certificate(x509.load_pem_x509_certificate(throwaway.certificate_pem), b"gongpai")
    encryption = serialization.BestAvailableEncryption(JAVA_TRUSTSTORE_PASSWORD.encode())
    files.java_truststore.write_bytes(pkcs12.serialize_java_truststore([certificate], encryption))
    return files


def hosts_lines(address: str) -> str:
    """Return the lines that send WeCom's names to *address*."""
    return "".join(f"{address} {host}\n" for host in WECOM_HOSTS)


def recipes(files: TrustFiles, spki_sha256: str, address: str, port: int, language: Literal["zh", "en"] = "en") -> str:
    """Return the text printed at start: how each kind of program is pointed here, and how it is undone."""
    name = f"templates/tls.{language}.txt"
    source = resources.files("gongpai.sandbox").joinpath(name).read_text(encoding="utf-8")
    template = jinja2.Template(source, undefined=jinja2.StrictUndefined, trim_blocks=True, autoescape=False)
    text: str = template.render(
        files=files,
        spki_sha256=spki_sha256,
        address=address,
        port=port,
        hosts=WECOM_HOSTS,
        hosts_lines=hosts_lines(address),
        resolver_rules=resolver_rules(address, port),
        java_password=JAVA_TRUSTSTORE_PASSWORD,
        is_root=hasattr(os, "geteuid") and os.geteuid() == 0,
    )
    return text


def resolver_rules(address: str, port: int) -> str:
    """Return the value of Chromium's ``--host-resolver-rules``."""
    return ", ".join(f"MAP {host} {address}:{port}" for host in WECOM_HOSTS)


def _machine_hosts() -> str:
    try:
        return Path("/etc/hosts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "127.0.0.1 localhost\n::1 localhost\n"


def _root(key: ec.EllipticCurvePrivateKey, begins: datetime, ends: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    everywhere = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
    # A constraint binds only its own kind of name (RFC 5280, 4.2.1.10), so addresses are shut out by name too.
    constraints = x509.NameConstraints(
        permitted_subtrees=[x509.DNSName(host) for host in WECOM_HOSTS],
        excluded_subtrees=[x509.IPAddress(network) for network in everywhere],
    )
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(constraints, critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
