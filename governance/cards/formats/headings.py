"""By which headings people call the sections of a card. English, as real cards write them."""

from __future__ import annotations

import re
import unicodedata

from governance.cards.rules.sections import SECTIONS

NAMES: dict[str, tuple[str, ...]] = {
    "overview": (
        "summary", "model summary", "description", "model description", "about", "introduction",
        "model details", "details", "model overview",
    ),
    "task": ("task", "tasks", "purpose", "model purpose", "business problem"),
    "users": (
        "users", "intended users", "primary intended users", "stakeholders", "who it affects",
    ),
    "decision": ("decision", "decisions", "decision context"),
    "intended_use": (
        "intended use", "intended uses", "uses", "use", "model use", "direct use", "downstream use",
        "use cases", "primary intended uses", "secondary uses", "intended uses limitations",
        "intended uses and limitations", "evaluated use", "intended use cases", "how to use it for",
    ),
    "out_of_scope": (
        "out of scope", "out of scope use", "out of scope uses", "out of scope use cases",
        "misuse", "misuse and malicious use", "prohibited uses", "unintended use", "limits of use",
        "misuse malicious use and out of scope use",
    ),
    "getting_started": (
        "how to use", "how to get started", "how to get started with the model", "usage",
        "getting started", "quick start", "quickstart", "example usage", "how to use the model",
    ),
    "architecture": (
        "architecture", "model architecture", "model type", "technical specifications",
        "technical specification", "model architecture and objective", "compute infrastructure",
        "model specifications", "inputs and outputs", "input", "output",
    ),
    "training_data": (
        "training data", "training dataset", "training datasets", "training set", "data",
    ),
    "training_procedure": (
        "training", "training procedure", "training details", "preprocessing", "pretraining",
        "training hyperparameters", "hyperparameters", "fine tuning", "speeds sizes times",
    ),
    "evaluation_data": (
        "evaluation data", "testing data", "test data", "evaluation dataset", "evaluation datasets",
        "test set", "testing data factors metrics",
    ),
    "evaluation": (
        "evaluation", "evaluation results", "results", "metrics", "performance", "benchmarks",
        "quantitative analyses", "quantitative analysis", "performance metrics",
        "performance and limitations", "evaluation metrics", "testing results", "model performance",
    ),
    "known_failures": (
        "limitations", "known limitations", "known failures", "known issues", "failure modes",
        "bias risks and limitations", "risks and limitations", "limitations and bias",
        "risks limitations and biases", "limitations and biases", "technical limitations", "limits",
        "tradeoffs", "performance tradeoffs",
    ),
    "upstream": ("upstream assumptions", "assumptions", "dependencies"),
    "fairness": (
        "fairness", "bias", "bias and fairness", "fairness assessment", "fairness assessments",
        "biases",
    ),
    "ethics": (
        "ethical considerations", "ethics", "broader implications", "broader impact",
        "societal impact", "ethical considerations and limitations",
    ),
    "latency_cost": (
        "latency and cost", "latency hardware and cost", "latency", "cost", "hardware",
        "hardware requirements", "inference speed",
    ),
    "human_oversight": ("human oversight", "oversight", "human in the loop"),
    "monitoring": ("monitoring", "drift monitoring", "post market monitoring"),
    "environment": (
        "environmental impact", "environmental cost", "carbon emissions", "carbon footprint",
        "environmental considerations", "estimated emissions",
    ),
    "prompts": ("prompts", "prompt format", "prompt template", "prompt and tool behavior",
                "system prompt", "tool use", "tool calling", "chat template"),
    "agent_evaluations": ("agent evaluations", "language model evaluations", "safety evaluations"),
    "red_team": ("red teaming", "red team", "red team results", "adversarial testing"),
    "hallucination": ("hallucination", "hallucinations", "factuality", "truthfulness"),
    "injection": ("prompt injection", "injection", "jailbreaks"),
    "caveats": (
        "caveats", "caveats and recommendations", "recommendations", "additional information",
        "more information", "notes",
    ),
    "license": ("license", "licence", "licenses", "licensing", "licensing information",
                "terms of use"),
    "contacts": (
        "contact", "contacts", "model card authors", "model card contact", "authors", "feedback",
        "where to send questions or comments about the model", "contact information", "maintainers",
        "owners",
    ),
    "citation": (
        "citation", "citations", "citation information", "bibtex entry and citation info", "bibtex",
        "cite", "how to cite", "references", "papers", "citing",
    ),
}  # fmt: skip

TAG = re.compile(r"<[^>]*>")
OPTIONAL = re.compile(r"\[[^\]]*\]|\((optional|required)\)", re.IGNORECASE)
TITLE = re.compile(
    r"^(model\s+card\s*(for|of|:|-|–|—)\s*(the\s+)?)|(\s*[-–—:]?\s*model\s*card)$", re.IGNORECASE
)


def plain_title(heading: str) -> str:
    """Return the words of a heading without tags and emphasis."""
    text = TAG.sub(" ", heading)
    text = re.sub(r"(\*\*|__|`)", "", text).strip().strip("*_ ")
    return " ".join(text.split())


def normal(heading: str) -> str:
    """Return what makes headings alike: `Out-of-Scope Use [optional]:` is `out of scope use`."""
    text = OPTIONAL.sub(" ", plain_title(heading)).casefold()
    text = unicodedata.normalize("NFKC", text).replace("&", " and ")
    text = re.sub(r"^[\d.]+\s+", "", text)
    words = re.sub(r"[^\w\s]|_", " ", text).split()
    return " ".join(words)


def _table() -> dict[str, str]:
    table = {normal(name): key for key, names in NAMES.items() for name in names}
    return {**table, **{normal(section.title): section.key for section in SECTIONS}}


BY_NAME = _table()


def section_of(heading: str) -> str:
    """Return the key of the section that a heading names; '' if it names none."""
    return BY_NAME.get(normal(heading), "")


def model_name_of(heading: str) -> str:
    """Return the model's name in the title of a card: `Model Card for X` is about X."""
    title = plain_title(heading)
    return TITLE.sub("", title).strip() or title


def slug(title: str, taken: set[str]) -> str:
    """Return a key for an extension section that is not among those taken."""
    folded = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", folded).strip("-")[:80] or "section"
    key, number = base, 2
    while key in taken:
        key, number = f"{base}-{number}", number + 1
    return key
