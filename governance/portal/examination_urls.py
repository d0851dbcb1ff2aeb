"""The addresses of examinations, and of what is asked in them."""

from __future__ import annotations

from governance.portal.routing import READ_AND_WRITE, WRITE, page
from governance.portal.views.examinations import (
    end,
    examination,
    examinations,
    extend,
    new_examination,
    views_csv,
    widen,
)
from governance.portal.views.information_requests import (
    accept,
    answer,
    assign,
    follow_up,
    information_request,
    information_requests,
    new_information_request,
    withdraw,
)

EXAMINATION = "examinations/<uuid:examination_id>/"
REQUEST = "information-requests/<uuid:information_id>/"
examination_urls = [
    page("examinations/", examinations, name="examinations"),
    page("examinations/new/", new_examination, name="examination_new", methods=READ_AND_WRITE),
    page(EXAMINATION, examination, name="examination"),
    page(f"{EXAMINATION}widen/", widen, name="examination_widen", methods=WRITE),
    page(f"{EXAMINATION}extend/", extend, name="examination_extend", methods=WRITE),
    page(f"{EXAMINATION}end/", end, name="examination_end", methods=WRITE),
    page(f"{EXAMINATION}views.csv", views_csv, name="examination_views"),
    page("information-requests/", information_requests, name="information_requests"),
    page(
        "information-requests/new/",
        new_information_request,
        name="information_new",
        methods=READ_AND_WRITE,
    ),
    page(REQUEST, information_request, name="information_request"),
    page(f"{REQUEST}assign/", assign, name="information_assign", methods=WRITE),
    page(f"{REQUEST}answer/", answer, name="information_answer", methods=WRITE),
    page(f"{REQUEST}follow-up/", follow_up, name="information_follow_up", methods=WRITE),
    page(f"{REQUEST}accept/", accept, name="information_accept", methods=WRITE),
    page(f"{REQUEST}withdraw/", withdraw, name="information_withdraw", methods=WRITE),
]
