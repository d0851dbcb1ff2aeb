"""Drawings keep to their box and need no inline style."""

import hashlib

import pytest
from jinja2 import UndefinedError

from governance.core.drawing import points, rosette, share, yat
from governance.core.templating import environment


def test_a_line_runs_from_the_lowest_to_the_highest() -> None:
    assert points([0.0, 1.0, 0.5], w=100, h=24) == "0.0,22.0 50.0,2.0 100.0,12.0"


def test_flat_and_single_values_are_drawn_all_the_same() -> None:
    assert points([3.0, 3.0]) == "0.0,22.0 96.0,22.0"
    assert points([3.0]) == "0.0,22.0"
    assert yat(5, 5, 5) == "22.0"


def test_a_share_stays_within_its_track() -> None:
    assert [share(v, 0, 10) for v in (-5, 5, 15)] == [0, 50, 100]


def test_a_rosette_is_the_same_for_the_same_digest_and_has_no_style() -> None:
    one, other = (hashlib.sha256(text).hexdigest() for text in (b"one", b"other"))
    drawn = rosette(one)
    assert drawn == rosette(one)
    assert drawn != rosette(other)
    assert drawn.count("<path") == 6
    assert "style" not in drawn


def test_templates_escape_and_refuse_unknown_names() -> None:
    env = environment()
    assert env.from_string("{{ x }}").render(x="<b>") == "&lt;b&gt;"
    with pytest.raises(UndefinedError):
        env.from_string("{{ unknown }}").render()
