"""SoftHSM: a PKCS#11 token in software, as real to the code as one of hardware."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
ED25519_PARAMETERS = bytes.fromhex("130c656477617264733235353139")
"""The curve's name as a PrintableString, which is how PKCS#11 2.40 modules ask for it."""
PIN = "1234"


@contextmanager
def made(folder: Path) -> Iterator[str]:
    """Make a token with a key in it and yield the key's URI."""
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
        _generate(module)
        yield f"pkcs11:token=ledger;object=signer?module-path={module}&pin-source=file:{pin}"
    finally:
        if before is None:
            del os.environ["SOFTHSM2_CONF"]
        else:
            os.environ["SOFTHSM2_CONF"] = before


def _generate(module: str) -> None:
    token = pkcs11.lib(module).get_token(token_label="ledger")
    with token.open(user_pin=PIN, rw=True) as session:
        curve = {Attribute.EC_PARAMS: ED25519_PARAMETERS}
        parameters = session.create_domain_parameters(KeyType.EC_EDWARDS, curve, local=True)
        parameters.generate_keypair(
            mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN, store=True, label="signer"
        )
