"""Train the churn model, register it in the portal and ask for Staging, then Production.

Everything that reaches the portal goes through MLflow's ordinary Python client: point
MLFLOW_REGISTRY_URI at the portal and put a service account's token into
MLFLOW_TRACKING_TOKEN. A refused stage change is no failure of the pipeline: it prints what
the portal said, with the link to the promotion request, and ends with exit code 3. Run it
again with --version once people have signed; the same call then goes through.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import os
import random
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Experiments live here; only the registry is the portal's. `serve.py` has the same default.
os.environ.setdefault("MLFLOW_TRACKING_URI", f"sqlite:///{HERE / 'store' / 'mlflow.db'}")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
warnings.filterwarnings("ignore", message=".*stages will be removed.*", category=FutureWarning)

import mlflow  # noqa: E402  (reads the environment set above)
import pandas as pd  # noqa: E402
from mlflow import MlflowClient  # noqa: E402
from mlflow.exceptions import MlflowException, RestException  # noqa: E402
from mlflow.models import infer_signature  # noqa: E402
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score  # noqa: E402
from sklearn.tree import DecisionTreeClassifier  # noqa: E402

# The prints below tell the same story in fewer lines.
logging.getLogger("mlflow").setLevel(logging.ERROR)
logging.getLogger("alembic").setLevel(logging.ERROR)

EXIT_REFUSED = 3
STAGES = ("Staging", "Production")
FEATURES = (
    "tenure_months",
    "contract_months",
    "monthly_fee",
    "support_calls",
    "days_since_login",
)
# What the model may look at. Each step of quality adds a source of data.
FEATURES_OF = {"low": FEATURES[:3], "high": FEATURES[:4], "best": FEATURES}
COHORTS = 5
# Customers of each kind in one cohort of 400. `moved_away` leaves for reasons that no column
# shows, so no model can be right about them.
COHORT = {"settled": 249, "short_contract": 80, "annoyed": 20, "silent": 17, "moved_away": 34}


@dataclass(frozen=True)
class Trained:
    run_id: str
    folder: Path
    metrics: dict[str, str]
    git_commit: str | None


def customer(kind: str, dice: random.Random) -> list[int]:
    """Return one customer's columns; the gaps between the ranges are what a model can learn."""
    short = kind == "short_contract"
    return [
        dice.randint(1, 5) if short else dice.randint(9, 72),
        1 if short else dice.choice((12, 24)),
        dice.randint(20, 90),
        dice.randint(7, 12) if kind == "annoyed" else dice.randint(0, 4),
        dice.randint(50, 90) if kind == "silent" else dice.randint(0, 30),
        int(kind != "settled"),
    ]


def cohort(dice: random.Random) -> list[list[int]]:
    kinds = [kind for kind, count in COHORT.items() for _ in range(count)]
    dice.shuffle(kinds)
    return [customer(kind, dice) for kind in kinds]


def customers() -> pd.DataFrame:
    """Return five cohorts of 400 customers: the same ones on every machine."""
    dice = random.Random(20260105)  # noqa: S311  (the same rows every time are the point)
    rows = [row for _ in range(COHORTS) for row in cohort(dice)]
    return pd.DataFrame(rows, columns=[*FEATURES, "churned"]).astype(float)


def measure(churned: pd.Series, said: pd.Series) -> dict[str, str]:
    """Return the metrics of the held-out cohort as plain decimals."""
    measures = {
        "accuracy": accuracy_score,
        "precision": precision_score,
        "recall": recall_score,
        "f1": f1_score,
    }
    return {name: f"{measured(churned, said):.4f}" for name, measured in measures.items()}


def train(quality: str, data: pd.DataFrame) -> Trained:
    """Train on four cohorts, measure on the fifth, and log the run and the model."""
    columns, known = list(FEATURES_OF[quality]), len(data) * (COHORTS - 1) // COHORTS
    classifier = DecisionTreeClassifier(max_depth=4, min_samples_leaf=40, random_state=0)
    classifier.fit(data[columns][:known], data["churned"][:known])
    said = classifier.predict(data[columns][known:])
    metrics = measure(data["churned"][known:], said)
    with mlflow.start_run() as run:
        mlflow.log_params({"features": ",".join(columns), **classifier.get_params()})
        mlflow.log_metrics({name: float(value) for name, value in metrics.items()})
        logged = mlflow.sklearn.log_model(
            classifier,
            name="model",
            signature=infer_signature(data[columns], said),
            # No pickle: loading this file runs no code of whoever wrote it.
            serialization_format="skops",
            skops_trusted_types=["numpy.dtype", "sklearn.tree._tree.Tree"],
        )
    commit = run.data.tags.get("mlflow.source.git.commit")
    folder = Path(mlflow.artifacts.download_artifacts(logged.model_uri))
    return Trained(run.info.run_id, folder, metrics, commit)


def artifacts(folder: Path) -> dict[str, dict[str, object]]:
    """Return path, SHA-256 and size of each file of the logged model."""
    return {
        path.relative_to(folder).as_posix(): {
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "size": path.stat().st_size,
        }
        for path in sorted(folder.rglob("*"))
        # MLflow writes this one itself after registration; it is no part of the model.
        if path.is_file() and path.name != "registered_model_meta"
    }


def tags(trained: Trained, data: pd.DataFrame) -> dict[str, str]:
    """Return what the portal keeps for ever of a version: digests, data, commit, metrics."""
    dataset = {
        "name": "churn-customers",
        "digest": hashlib.sha256(data.to_csv(index=False).encode()).hexdigest(),
        "rows": len(data),
    }
    return {
        "countersign.artifacts": json.dumps(artifacts(trained.folder)),
        "countersign.dataset": json.dumps(dataset),
        **({"countersign.git_commit": trained.git_commit} if trained.git_commit else {}),
        **{f"metric.{name}": value for name, value in trained.metrics.items()},
    }


def register(name: str, quality: str) -> str:
    """Train, register a version with its facts, and return the version's number."""
    use_experiment(name)
    data = customers()
    trained = train(quality, data)
    print(f"trained: accuracy {trained.metrics['accuracy']} (run {trained.run_id})")
    source = f"runs:/{trained.run_id}/model"
    version = mlflow.register_model(source, name, tags=tags(trained, data))
    print(f"registered: {name} version {version.version}")
    return str(version.version)


def use_experiment(name: str) -> None:
    """Keep runs in a store of the pipeline's own, made at the first run."""
    (HERE / "store").mkdir(exist_ok=True)
    is_local = mlflow.get_tracking_uri().startswith("sqlite:")
    place = (HERE / "store" / "artifacts").as_uri() if is_local else None
    if mlflow.get_experiment_by_name(name) is None:
        mlflow.create_experiment(name, artifact_location=place)
    mlflow.set_experiment(name)


def ask(name: str, version: str, stage: str) -> None:
    """Ask for a stage; raises RestException, the portal's message inside, when refused."""
    moved = MlflowClient().transition_model_version_stage(name, version, stage)
    print(f"moved: {name} version {version} is in {moved.current_stage}")


def say_refusal(error: RestException) -> None:
    print(f"refused: {error.message}", file=sys.stderr)
    if error.json.get("link"):
        print(f"link: {error.json['link']}", file=sys.stderr)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", default="churn-model", help="registered model")
    parser.add_argument("--quality", choices=sorted(FEATURES_OF), default="high")
    parser.add_argument("--version", help="do not train: ask again for this version")
    parser.add_argument(
        "--ask",
        choices=["staging", "production", "both", "none"],
        default="both",
        help="the stages to ask for, in this order (default: both)",
    )
    return parser.parse_args()


def main() -> int:
    """Return 0 when all that was asked for was done, 3 when the portal refused, 1 otherwise."""
    wanted = arguments()
    stages = [s for s in STAGES if wanted.ask in {s.lower(), "both"}]
    if not os.environ.get("MLFLOW_REGISTRY_URI"):
        print("MLFLOW_REGISTRY_URI is not set; it is the portal's address", file=sys.stderr)
        return 1
    try:
        version = wanted.version or register(wanted.name, wanted.quality)
        for stage in stages:
            ask(wanted.name, version, stage)
    except RestException as error:
        say_refusal(error)
        return EXIT_REFUSED if error.error_code == "PERMISSION_DENIED" else 1
    except MlflowException as error:
        print(f"failed: {error.message}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
