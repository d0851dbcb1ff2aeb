"""Serve what the portal says is live: `serve.py --stage Production --port 9002`.

GET /health names the stage and the version that is loaded; POST /predict answers for
`{"customers": [{"tenure_months": 3, …}]}`. Before it listens it holds the files it is about to
serve against the digests that were registered. For Production it then asks the portal whether the
version may answer live traffic now, and stops if it may not; once it listens it reports what runs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import warnings
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

HERE = Path(__file__).resolve().parent
os.environ.setdefault("MLFLOW_TRACKING_URI", f"sqlite:///{HERE / 'store' / 'mlflow.db'}")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
warnings.filterwarnings("ignore", message=".*stages will be removed.*", category=FutureWarning)

import mlflow  # noqa: E402  (reads the environment set above)
import pandas as pd  # noqa: E402
from mlflow import MlflowClient  # noqa: E402
from mlflow.entities.model_registry import ModelVersion  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402
from mlflow.pyfunc import PyFuncModel  # noqa: E402


class DigestMismatchError(Exception):
    """A file differs from the digest it was registered with."""


class NotAllowedError(Exception):
    """The portal does not let this version answer live traffic, or could not be asked."""


@dataclass(frozen=True)
class Live:
    """The model in memory and what it is."""

    name: str
    stage: str
    version: str
    model: PyFuncModel

    def health(self) -> dict[str, str]:
        return {"status": "ok", "model": self.name, "stage": self.stage, "version": self.version}

    def predict(self, asked: dict[str, Any]) -> dict[str, Any]:
        columns = self.model.metadata.get_input_schema().input_names()
        frame = pd.DataFrame(asked["customers"])[columns].astype(float)
        return {"churn": [bool(x) for x in self.model.predict(frame)], "version": self.version}


def check_digests(version: ModelVersion, folder: Path) -> None:
    """Raise DigestMismatchError unless each registered file is there, byte for byte."""
    for path, fact in registered(version).items():
        file = folder / path
        found = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else "nothing"
        if found != fact["sha256"]:
            raise DigestMismatchError(f"{path}: registered {fact['sha256']}, found {found}")


def ask_portal(path: str, body: dict[str, str] | None = None) -> dict[str, Any]:
    """Call the portal's own interface with the token that MLflow uses: GET, or POST a body."""
    request = Request(  # noqa: S310  (the portal's address, which the operator set)
        f"{os.environ['MLFLOW_REGISTRY_URI'].rstrip('/')}/api/v1/{path}",
        data=json.dumps(body).encode() if body else None,
        headers={
            "Authorization": f"Bearer {os.environ.get('MLFLOW_TRACKING_TOKEN', '')}",
            "Content-Type": "application/json",
        },
    )
    with urlopen(request, timeout=30) as answer:  # noqa: S310
        found: dict[str, Any] = json.load(answer)
    return found


def check_allowed(name: str, version: ModelVersion) -> None:
    """Raise NotAllowedError unless the portal lets the version answer live traffic now.

    No answer is no permission: who cannot ask does not serve.
    """
    query = urlencode({"digest": registered(version).get("MLmodel", {}).get("sha256", "")})
    try:
        answer = ask_portal(f"versions/{quote(name, safe='')}/{version.version}/allow?{query}")
    except (HTTPError, URLError, KeyError, ValueError) as error:
        raise NotAllowedError(f"the portal could not be asked: {error}") from error
    if not answer["allowed"]:
        raise NotAllowedError(f"{answer['reason']} {answer['link']}")


def report(live: Live, instance: str) -> str:
    """Tell the portal what runs here; return its verdict. Serving does not hang on it."""
    said = {"model": live.name, "version": live.version, "instance": instance}
    try:
        return str(ask_portal("deployments/report", said)["verdict"])
    except (HTTPError, URLError, KeyError, ValueError) as error:
        return f"not told: {error}"


def registered(version: ModelVersion) -> dict[str, Any]:
    """Return the manifest that the version was registered with: path → sha256 and size."""
    manifest: dict[str, Any] = json.loads(version.tags.get("countersign.artifacts", "{}"))
    return manifest


def load(name: str, stage: str) -> Live:
    """Load what is in the stage; the number is read again, so it is the number of what loaded."""
    uri = f"models:/{name}/{stage}"
    while True:
        (version,) = MlflowClient().get_latest_versions(name, [stage]) or (None,)
        if version is None:
            raise MlflowException(f"no version of {name} is in {stage}")
        check_digests(version, Path(mlflow.artifacts.download_artifacts(uri)))
        if stage == "Production":
            check_allowed(name, version)
        model = mlflow.pyfunc.load_model(uri)
        (after,) = MlflowClient().get_latest_versions(name, [stage]) or (None,)
        if after is not None and after.version == version.version:
            return Live(name, version.current_stage, str(version.version), model)


class Handler(BaseHTTPRequestHandler):
    live: Live

    def do_GET(self) -> None:
        if self.path == "/health":
            self.answer(200, self.live.health())
        else:
            self.answer(404, {"error": "there are GET /health and POST /predict"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self.answer(200, self.live.predict(json.loads(body)))
        except (ValueError, KeyError, TypeError, MlflowException) as error:
            self.answer(400, {"error": str(error)})

    def answer(self, status: int, value: dict[str, Any]) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> int:
    """Serve until stopped; return 1 when there is nothing that may be served."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", default="churn-model")
    parser.add_argument("--stage", choices=["Staging", "Production"], default="Production")
    parser.add_argument("--port", type=int, default=9002)
    parser.add_argument("--instance", default="churn-gateway", help="a name that stays the same")
    wanted = parser.parse_args()
    try:
        Handler.live = load(wanted.name, wanted.stage)
    except (MlflowException, DigestMismatchError, NotAllowedError) as error:
        print(f"nothing to serve: {error}", file=sys.stderr)
        return 1
    server = ThreadingHTTPServer(("127.0.0.1", wanted.port), Handler)
    print(f"{Handler.live.health()} on 127.0.0.1:{server.server_port}", flush=True)
    if wanted.stage == "Production":
        print(f"reported: {report(Handler.live, wanted.instance)}", flush=True)
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
