"""How entries of examinations look and read: the verb, its mark, and the sentence."""

from __future__ import annotations

from governance.audit.rules import Verb

EXAMINATIONS = (
    (Verb.EXAMINATION_ENDED, ("mute", "minus", "Examined"), "Ended the examination"),
    (Verb.EXAMINATION_EXTENDED, ("mute", "clock", "Examined"), "Extended the examination"),
    (Verb.EXAMINATION_OPENED, ("ink", "eye", "Examined"), "Opened an examination"),
    (Verb.EXAMINATION_VIEWED, ("mute", "eye", "Examined"), "Was shown a page"),
    (Verb.EXAMINATION_WIDENED, ("mute", "plus", "Examined"), "Put models into the set"),
    (Verb.INFORMATION_REQUEST_ACCEPTED, ("ok", "check", "Asked"), "Accepted an answer"),
    (Verb.INFORMATION_REQUEST_ANSWERED, ("ink", "comment", "Asked"), "Answered a request"),
    (
        Verb.INFORMATION_REQUEST_ASSIGNED,
        ("mute", "person", "Asked"),
        "Gave a request to somebody to answer",
    ),
    (Verb.INFORMATION_REQUEST_FOLLOWED_UP, ("ink", "comment", "Asked"), "Asked on"),
    (
        Verb.INFORMATION_REQUEST_RAISED,
        ("ink", "comment", "Asked"),
        "Asked for information in an examination",
    ),
    (Verb.INFORMATION_REQUEST_WITHDRAWN, ("mute", "minus", "Asked"), "Took a request back"),
)
EXAMINATION_VERBS = frozenset(verb.value for verb, *_ in EXAMINATIONS)
"""What the audit log shows as one kind."""
