"""Two small questionnaires of another firm, unlike the shipped ones, and how to spoil a file."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from governance.core.strict_yaml import strict_content

SCORECARD = """
spec: {id: vendor-tools, kind: scorecard, title: Tools that we buy, version: '7'}
scope_gate:
  evaluate: first_match
  questions:
  - {id: Ours, text: Do we run it ourselves, type: boolean}
  - {id: Toy, text: Is it a toy, type: boolean}
  rules:
  - {id: Out, when: {Ours: false, Toy: true}, result: toy, continue_scoring: false}
  - {id: Own, when: {Ours: true}, result: own, continue_scoring: true}
  - {id: Rest, when: {}, result: bought, continue_scoring: true}
questions:
- id: Reach
  group: use
  weight: 3
  text: Who sees it
  options:
  - {value: nobody, points: 0, label: Nobody}
  - {value: staff, points: 1, label: Staff}
  - {value: public, points: 7, label: Everybody}
- id: Harm
  group: use
  weight: 5
  text: What can go wrong
  options: [{value: little, points: 0, label: Little}, {value: much, points: 3, label: Much}]
- id: Vendor
  group: origin
  weight: 2
  text: Who made it
  options: [{value: known, points: 1, label: A known one}, {value: unknown, points: 2, label: Else}]
facts:
- {id: users, text: Users, type: integer, minimum: 0, default: 0}
- {id: contract, text: Contract, type: enum, values: [signed, lapsed], default: signed}
- id: law
  text: What the other questionnaire says
  type: boolean
  default: false
  taken_from: {questionnaire: rooms, outcomes: {SHUT: true}, classes: {free: false}}
scoring:
  raw: weighted_sum
  sum_of_weights: 10
  max_raw: 40
  display_score: {divide_by: 40, maximum: 1, decimals: 2}
  missing_answer: block
  sub_scores: {use: {groups: [use], max_raw: 36}, all: {groups: [use, origin], max_raw: 40}}
thresholds:
  compare: raw
  tiers:
  - {tier: 1, name: Red, min_raw: 30}
  - {tier: 2, name: Amber, min_raw: 12}
  - {tier: 3, name: Green, min_raw: 0}
floor_rules:
  evaluate: all
  rules:
  - {id: Public, when: {answers: {Reach: [public]}}, floor: 2, hard: true, reason: All see it}
  - {id: Lapsed, when: {facts: {contract: [lapsed]}}, floor: 2, hard: false, reason: No contract}
  - {id: Law, when: {facts: {law: [true]}}, floor: 1, hard: true, reason: The law}
blocks:
- id: Nobody
  when: {answers: {Ours: [true]}, facts: {users: [0]}}
  effect: block_approval
  reason: Idle
manual_override:
  upward: {allowed: false}
  downward:
    allowed: true
    max_steps: 2
    approver: chief
    rationale_required: false
    max_days: 9
    not_past: any_floor
tier_controls:
  tiers: [{tier: 1, look: daily}, {tier: 2, look: weekly}, {tier: 3, look: null}]
test_cases:
- id: one
  name: A site for everybody
  answers: {Ours: true, Reach: public, Harm: much, Vendor: known}
  facts: {users: 5}
  expect:
    scope: own
    raw: 38
    score: '0.95'
    sub_scores: {use: 36, all: 38}
    computed_tier: 1
    final_tier: 1
    floors: [Public]
    blocked_by: []
- id: two
  name: A toy
  answers: {Ours: false, Toy: true}
  expect: {scope: toy, final_tier: null}
- id: three
  name: Looser than the contract lets it be
  answers: {Ours: false, Toy: false, Reach: staff, Harm: much, Vendor: unknown}
  facts: {contract: lapsed}
  override: {to_tier: 3, approvers: [chief], days: 9}
  expect: {raw: 22, final_tier: 2, override: refused}
"""

TREE = """
spec:
  id: rooms
  kind: tree
  title: May the room open
  version: 2.1
  missing_answer: {in_use: open, worked_cases: assume_no}
tracks:
- id: door
  mode: walk
  title: The door
  start: Locked
  nodes:
  - {id: Locked, text: Is it locked, 'yes': {goto: Key}, 'no': {goto: END}}
  - {id: Key, text: Have we the key, 'yes': {goto: END}, 'no': {outcome: SHUT}}
- id: dangers
  mode: collect
  title: What is wrong
  items:
  - id: Fire
    text: Does it burn
    match: fire
    exceptions: [{id: Stove, text: Only in the stove, then: warmth}]
  - {id: Flood, text: Is it wet, match: water}
- id: more
  mode: collect
  title: What else is wrong
  items: [{id: Smoke, text: Is there smoke, match: smoke}]
- {id: night, mode: single, title: Night, items: [{id: Dark, text: Is it dark}]}
plan:
  incomplete: WAIT
  steps:
  - {track: door, into: way, ends_run: outcome}
  - {track: dangers, into: found}
  - {track: more, into: found, when: {dangers: [fire, warmth]}}
  - {track: night, when: {dangers: none}}
  outcome:
  - {when: {dangers: [fire]}, outcome: SHUT}
  - {when: {dangers: any, more: none}, outcome: CAREFUL}
  - {when: {more: any}, outcome: SHUT}
  - {when: {night: any}, outcome: CAREFUL}
  - {outcome: OPEN}
duties:
  lamp: [{what: Bring a lamp, from: 2026-01-01, citation: Rule 1}]
outcomes:
- {id: SHUT, label: Shut, class: closed, obligations: []}
- id: CAREFUL
  label: With care
  class: free
  also: [lamp]
  obligations:
  - what: Mop
    from: 2025-05-05
    citation: Rule 2
    placed_before: 2024-01-01
    when: {found: [water]}
- {id: OPEN, label: Open, class: free, obligations: []}
- {id: WAIT, label: Not known yet, class: unknown, obligations: []}
test_cases:
- {id: one, name: Nothing, answers: {}, expect: {outcome: OPEN, way: null, found: []}}
- {id: two, name: No key, answers: {Locked: true}, expect: {outcome: SHUT}}
- id: three
  name: Stove
  answers: {Fire: true, Stove: true}
  expect: {outcome: CAREFUL, found: [warmth]}
- id: four
  name: Fire
  answers: {Fire: true, Smoke: true}
  expect: {outcome: SHUT, found: [fire, smoke]}
"""


def content_of(text: str) -> dict[str, Any]:
    content: dict[str, Any] = strict_content(text, noun="questionnaire", longest=10**6)
    return content


GONE = object()


def changed(text: str, place: str, value: Any) -> dict[str, Any]:
    """The content with one place set to a value, or taken out: `scoring.sub_scores.use.max_raw`."""
    content = content_of(text)
    inner: Any = content
    *path, last = [int(part) if part.isdigit() else part for part in place.split(".")]
    for part in path:
        inner = inner[part]
    if value is GONE:
        del inner[last]
    elif isinstance(inner, list) and last == len(inner):
        inner.append(deepcopy(value))
    else:
        inner[last] = deepcopy(value)
    return content
