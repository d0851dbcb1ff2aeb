"""The process that draws: one document, many chunks of a long one, or what stands around them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[3]))

from governance.core.pdf_child.drawing import draw, visible
from governance.core.pdf_child.finishing import finished
from governance.core.pdf_child.limits import answer, limit, memory_is_bounded
from governance.core.pdf_child.pieces import draw_chunks, draw_frame


def draw_one(request: dict[str, Any]) -> None:
    html, replaced = visible(request["html"])
    data, pages = finished(draw(request, html), request["signature"])
    answer({"pages": pages, "replaced": replaced}, data)


WORK = {"one": draw_one, "chunks": draw_chunks, "frame": draw_frame}


def main() -> None:
    request = json.load(sys.stdin.buffer)
    limit(request)
    with memory_is_bounded():
        WORK[request["work"]](request)


if __name__ == "__main__":
    main()
