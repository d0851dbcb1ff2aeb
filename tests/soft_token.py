"""SoftHSM: a PKCS#11 token in software, as real to the code as one of hardware."""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.util.ec import encode_ec_public_key

from governance.audit.tokens import place_of, session

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
ED25519_PARAMETERS = bytes.fromhex("130c656477617264733235353139")
"""The curve's name as a PrintableString, which is how PKCS#11 2.40 modules ask for it."""
P256_PARAMETERS = bytes.fromhex("06082a8648ce3d030107")
PIN = "1234"


@contextmanager
def made(folder: Path, *, kind: KeyType = KeyType.EC_EDWARDS) -> Iterator[str]:
    """Make a token with a key in it, Ed25519 or P-256 (`KeyType.EC`), and yield the key's URI."""
    module = next(path for path in MODULES if Path(path).exists())
    (folder / "tokens").mkdir()
    config = folder / "softhsm2.conf"
    config.write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\n")
    pin = folder / "pin"
    pin.write_text(f"{PIN}\n")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(config)
    try:
        command = ["softhsm2-util", "--init-token", "--free", "--label", "ledger"]
        subprocess.run([*command, "--pin", PIN, "--so-pin", PIN], check=True, capture_output=True)
        # The module reads its configuration once for a process, so that all keys of one test run
        # stand in the token that was made first.
        label = f"signer-{secrets.token_hex(4)}"
        _generate(module, kind, label)
        yield f"pkcs11:token=ledger;object={label}?module-path={module}&pin-source=file:{pin}"
    finally:
        if before is None:
            del os.environ["SOFTHSM2_CONF"]
        else:
            os.environ["SOFTHSM2_CONF"] = before


def public_key(uri: str) -> bytes:
    """Return the P-256 public key of that URI as DER."""
    place = place_of(uri)
    with session(place) as opened:
        return bytes(
            encode_ec_public_key(opened.get_key(ObjectClass.PUBLIC_KEY, label=place.label))
        )


def _generate(module: str, kind: KeyType, label: str) -> None:
    mechanism, parameters = {
        KeyType.EC_EDWARDS: (Mechanism.EC_EDWARDS_KEY_PAIR_GEN, ED25519_PARAMETERS),
        KeyType.EC: (Mechanism.EC_KEY_PAIR_GEN, P256_PARAMETERS),
    }[kind]
    token = pkcs11.lib(module).get_token(token_label="ledger")
    with token.open(user_pin=PIN, rw=True) as opened:
        curve = opened.create_domain_parameters(kind, {Attribute.EC_PARAMS: parameters}, local=True)
        curve.generate_keypair(mechanism=mechanism, store=True, label=label)
