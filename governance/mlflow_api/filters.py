"""MLflow's language of filters and orders, read strictly into the conditions of the registry.

    filter := clause (AND clause)*
    clause := field operator value

A filter that is not exactly that raises InvalidInput and says what is wrong with it, in MLflow's
words where MLflow has any.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from governance.core.errors import InvalidInput, invalid
from governance.registry.queries.searches import (
    PROMPT_TAG,
    Clause,
    Field,
    FieldClause,
    Operator,
    Order,
    Search,
    TagClause,
)

MAX_FILTER = 50_000
MAX_CLAUSES = 100
"""A database nests conditions; SQLite stops at a thousand."""
MAX_PATTERN = 1_000
MAX_NUMBER = 2**31
"""One more than any version can have; a database would refuse to compare with much more."""
SHOWN = 200

TEXT = {Operator.EQUAL, Operator.UNEQUAL, Operator.LIKE, Operator.ILIKE}
LISTS = {Operator.IN, Operator.NOT_IN}
NUMERIC = {Operator.EQUAL, Operator.UNEQUAL} | {
    Operator.LESS, Operator.LESS_OR_EQUAL, Operator.GREATER, Operator.GREATER_OR_EQUAL,
}  # fmt: skip
OPERATORS: Mapping[Field, set[Operator]] = {
    Field.NAME: TEXT | LISTS,
    Field.RUN_ID: TEXT | LISTS,
    Field.SOURCE: TEXT,
    Field.NUMBER: NUMERIC,
}


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """What one kind of row can be filtered and ordered by, and how ties are broken."""

    filters: Mapping[str, Field]
    orders: Mapping[str, Field]
    default: tuple[Order, ...]
    ties: tuple[Order, ...]
    unknown_order: str


BY_NAME = Order(field=Field.NAME)
BY_NUMBER = Order(field=Field.NUMBER, descending=True)
MODELS = Vocabulary(
    filters={"name": Field.NAME},
    orders={
        "name": Field.NAME,
        "timestamp": Field.UPDATED,
        "last_updated_timestamp": Field.UPDATED,
    },
    default=(BY_NAME,),
    ties=(BY_NAME,),
    unknown_order="Invalid order by key",
)
VERSIONS = Vocabulary(
    filters={
        "name": Field.NAME,
        "run_id": Field.RUN_ID,
        "source_path": Field.SOURCE,
        "version_number": Field.NUMBER,
    },
    orders={
        "name": Field.NAME,
        "version_number": Field.NUMBER,
        "creation_timestamp": Field.CREATED,
        "last_updated_timestamp": Field.UPDATED,
    },
    default=(Order(field=Field.UPDATED, descending=True), BY_NAME, BY_NUMBER),
    ties=(BY_NAME, BY_NUMBER),
    unknown_order="Invalid attribute key",
)

TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>'(?:''|[^'])*'|"(?:""|[^"])*")
      | (?P<number>-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
      | (?P<word>\w+(?:\.(?:`[^`]*`|"[^"]*"|'[^']*'|\w+(?:\.\w+)*))?)
      | (?P<comparator><=|>=|!=|<>|==|=|<|>)
      | (?P<sign>[(),])
    )""",
    re.VERBOSE,
)
INTEGER = re.compile(r"-?[0-9]+")
COMPARING_WORDS = {"LIKE", "ILIKE", "IN", "NOT IN", "NOT LIKE"}
IN_A_LIST = "While parsing a list in the query, expected"
ORDER = re.compile(r"\s*(?P<key>[\w.]+|`[\w.]+`|\"[\w.]+\")(?:\s+(?P<way>asc|desc))?\s*", re.I)


@dataclass(frozen=True)
class Token:
    kind: str
    text: str

    @property
    def unquoted(self) -> str:
        """A doubled quote inside stays doubled, as in MLflow."""
        return self.text[1:-1]


END = Token("end", "")


def parse_search(text: str, order_by: Sequence[str], words: Vocabulary) -> Search:
    """Read a filter and an order. Raises InvalidInput.

    Prompts are found by asking for them: `tags.mlflow.prompt.is_prompt` is to be 'true', or not
    'false'. Any other condition on that tag is met by what has no such tag, so it adds nothing.
    """
    clauses = _Reader(text, words).clauses() if text else ()
    about = [c for c in clauses if isinstance(c, TagClause) and c.key == PROMPT_TAG]
    prompts = bool(about) and (about[0].operator, about[0].value.lower()) in {
        (Operator.EQUAL, "true"),
        (Operator.UNEQUAL, "false"),
    }
    kept = clauses if prompts else tuple(c for c in clauses if c not in about)
    return Search(clauses=kept, order=parse_order(order_by, words), prompts=prompts)


def parse_order(items: Sequence[str], words: Vocabulary) -> tuple[Order, ...]:
    """Read `FIELD [ASC|DESC]` items, and add what breaks ties. Raises InvalidInput."""
    orders = tuple(_order(item, words) for item in items) or words.default
    fields = [order.field for order in orders]
    if len(set(fields)) < len(fields):
        shown = ", ".join(items)[:SHOWN]
        raise _wrong_order(f"`order_by` contains duplicate fields: {shown}")
    return orders + tuple(tie for tie in words.ties if tie.field not in fields)


def _order(item: str, words: Vocabulary) -> Order:
    match = ORDER.fullmatch(item)
    if match is None:
        raise _wrong_order(
            f"Invalid order_by clause '{item[:SHOWN]}'. Could not be parsed: "
            "write a field, then ASC or DESC or nothing."
        )
    key = match["key"].strip('`"').removeprefix("attribute.")
    if key not in words.orders:
        known = ", ".join(words.orders)
        raise _wrong_order(
            f"{words.unknown_order} '{key[:SHOWN]}' specified. Valid keys are {known}."
        )
    return Order(field=words.orders[key], descending=(match["way"] or "").lower() == "desc")


class _Reader:
    """Reads one filter from its first token to its last."""

    def __init__(self, text: str, words: Vocabulary) -> None:
        self.words = words
        self.tokens = _tokens(text)
        self.at = 0

    def clauses(self) -> tuple[Clause, ...]:
        found = [self.clause()]
        while (token := self.next()) is not END:
            if token.text.upper() != "AND":
                raise _wrong(token.text, "After a condition stands AND, or nothing.")
            found.append(self.clause())
        if len(found) > MAX_CLAUSES:
            raise _wrong(f"{len(found)} conditions", f"There can be {MAX_CLAUSES}.")
        return tuple(found)

    def next(self) -> Token:
        token = self.tokens[self.at] if self.at < len(self.tokens) else END
        self.at += 1
        return token

    def clause(self) -> Clause:
        begin = self.at
        subject = self.next()
        if subject.kind != "word" or subject.text.upper() == "AND":
            raise _wrong(subject.text, "A condition begins with a field or a tag.")
        comparator = self.comparator()
        value = self.next()
        if value.text == "(" and comparator in LISTS:
            return self.listed(subject, comparator)
        if value.kind not in {"string", "number"}:
            said = " ".join(token.text for token in self.tokens[begin : self.at])
            raise _wrong(said, _not_quoted(value))
        return self.compared(subject, comparator, value)

    def comparator(self) -> str:
        """Return the comparator as it is spelled, whether or not it holds here."""
        token = self.next()
        words = [token.text.upper()]
        if words == ["NOT"]:
            words.append(self.next().text.upper())
        known = token.kind == "comparator" or " ".join(words) in COMPARING_WORDS
        if not known:
            raise _wrong(token.text, "Here stands a comparator such as =, != or LIKE.")
        return " ".join(words)

    def listed(self, subject: Token, comparator: str) -> Clause:
        items = self.items()
        field = self.field(subject)
        if field is None:
            raise _unfit(comparator, "tag", TEXT)
        operator = _operator(comparator, field, subject)
        return FieldClause(field=field, operator=operator, value=items)

    def items(self) -> tuple[str, ...]:
        """Return the texts of a list, of which the opening parenthesis has been read."""
        found: list[str] = []
        token = self.next()
        while token.text != ")":
            found.append(_item(token))
            token = self.next()
            if token.text == ",":
                token = self.next()
            elif token.text != ")":
                raise _broken_list(token)
        if not found:
            raise _wrong_word(f"{IN_A_LIST} a non-empty list of string values, but got empty list.")
        return tuple(found)

    def compared(self, subject: Token, comparator: str, value: Token) -> Clause:
        field = self.field(subject)
        operator = _operator(comparator, field, subject)
        if field is Field.NUMBER:
            return FieldClause(field=field, operator=operator, value=_number(value))
        text = _text(value, operator)
        if field is not None:
            return FieldClause(field=field, operator=operator, value=text)
        return TagClause(key=_tag_key(subject), operator=operator, value=text)

    def field(self, subject: Token) -> Field | None:
        """Return the field that the condition is about, or None when it is about a tag."""
        entity, dot, key = subject.text.partition(".")
        if dot and entity in {"tag", "tags"}:
            return None
        if dot and entity != "attribute":
            known = "attribute, tag and tags"
            raise _wrong_word(f"Invalid entity type '{entity[:SHOWN]}'. Valid ones are {known}.")
        name = key if dot else entity
        if name not in self.words.filters:
            known = ", ".join(self.words.filters)
            message = f"Invalid attribute key '{name[:SHOWN]}' specified. Valid keys are {known}."
            raise _wrong_word(message)
        return self.words.filters[name]


def _tokens(text: str) -> list[Token]:
    if len(text) > MAX_FILTER:
        raise _wrong_word(f"A filter holds at most {MAX_FILTER} characters.")
    if not text.strip():
        raise _wrong_word(f"Invalid filter '{text[:SHOWN]}'. Could not be parsed.")
    found, place, end = [], 0, len(text.rstrip())
    while place < end:
        match = TOKEN.match(text, place)
        if match is None:
            rest = text[place : place + SHOWN].strip()
            raise _wrong(rest, "This is no field, comparator or quoted value.")
        kind = str(match.lastgroup)
        found.append(Token(kind, match[kind]))
        place = match.end()
    return found


def _operator(comparator: str, field: Field | None, subject: Token) -> Operator:
    allowed = TEXT if field is None else OPERATORS[field]
    if comparator not in allowed:
        raise _unfit(comparator, "attribute " + subject.text if field else "tag", allowed)
    return Operator(comparator)


def _unfit(comparator: str, what: str, allowed: Collection[Operator]) -> InvalidInput:
    known = ", ".join(sorted(allowed))
    return _wrong_word(f"Invalid comparator for {what}: {comparator}. Valid ones are {known}.")


def _text(value: Token, operator: Operator) -> str:
    if operator in LISTS:
        raise _wrong(value.text, f"After {operator} stands a list of quoted texts in parentheses.")
    if value.kind != "string":
        raise _wrong(value.text, _not_quoted(value))
    if operator in {Operator.LIKE, Operator.ILIKE} and len(value.unquoted) > MAX_PATTERN:
        raise _wrong(value.text, f"A pattern holds at most {MAX_PATTERN} characters.")
    return value.unquoted


def _number(value: Token) -> int:
    """Return the number; one beyond all versions stands for every such number."""
    text = value.unquoted if value.kind == "string" else value.text
    if not INTEGER.fullmatch(text):
        what = "Invalid value for numeric attribute 'version_number'"
        raise _wrong_word(f"{what}: '{text[:SHOWN]}'. Give an integer.")
    digits = text.lstrip("-0")
    number = MAX_NUMBER if len(digits) > 10 else min(int(digits or 0), MAX_NUMBER)
    return -number if text.startswith("-") else number


def _tag_key(subject: Token) -> str:
    key = subject.text.partition(".")[2]
    return key[1:-1] if key[0] in "`'\"" else key


def _item(token: Token) -> str:
    if token.kind != "string":
        raise _broken_list(token)
    return token.unquoted


def _broken_list(token: Token) -> InvalidInput:
    if token is END:
        return _wrong("(", "The list is not closed.")
    if token.kind in {"number", "word"}:
        return _wrong_word(
            f"{IN_A_LIST} string value, punctuation, or whitespace, "
            f"but got different type in list: {token.text[:SHOWN]}"
        )
    return _wrong_word(
        f"{IN_A_LIST} a non-empty list of string values, but got ill-formed list: {token.text}"
    )


def _not_quoted(value: Token) -> str:
    return (
        "Parameter value is either not quoted or unidentified quote types used for string value "
        f"{value.text[:SHOWN]}. Use either single or double quotes."
    )


def _wrong(said: str, why: str) -> InvalidInput:
    return _wrong_word(f"Invalid clause(s) in filter string: {said[:SHOWN] or 'the end'}. {why}")


def _wrong_word(message: str) -> InvalidInput:
    return invalid("filter", "syntax", message)


def _wrong_order(message: str) -> InvalidInput:
    return invalid("order_by", "syntax", message)
