"""Questionnaires that were published. Whoever can sign in may read by what is decided."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from governance.inventory.queries.questionnaires import questionnaire_by_id
from governance.portal.pages.questionnaires import questionnaire_list, questionnaire_page
from governance.portal.requests import PageRequest


def questionnaires(request: PageRequest) -> HttpResponse:
    """Every version, by what it decides on."""
    return render(request, "questionnaires/list.html", {"groups": questionnaire_list()})


def questionnaire(request: PageRequest, questionnaire_id: UUID) -> HttpResponse:
    """One version, in words and as it was published."""
    row = questionnaire_by_id(questionnaire_id)
    context = {"page": questionnaire_page(row), "row": row}
    return render(request, "questionnaires/questionnaire.html", context)
