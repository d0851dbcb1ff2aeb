"""The addresses of populations and samples, and of what packs are taken away as."""

from __future__ import annotations

from governance.portal.routing import READ_AND_WRITE, WRITE, page
from governance.portal.views import populations as views
from governance.portal.views.pack_forms import pack_form_file

POPULATIONS, SAMPLE = "evidence/populations/", "evidence/samples/<uuid:sample_id>/"
POPULATION = f"{POPULATIONS}<uuid:population_id>/"

population_urls = [
    page("evidence/<uuid:pack_id>/as/<slug:form>/", pack_form_file, name="pack_form"),
    page(POPULATIONS, views.populations, name="populations"),
    page(f"{POPULATIONS}new/", views.new_population, name="population_new", methods=READ_AND_WRITE),
    page(f"{POPULATIONS}verify_sample.py", views.sample_verifier, name="sample_verifier"),
    page(POPULATION, views.population, name="population"),
    page(f"{POPULATION}draw/", views.draw, name="sample_draw", methods=WRITE),
    page(f"{POPULATION}population.json", views.population_json, name="population_json"),
    page(f"{POPULATION}population.csv", views.population_sheet, name="population_csv"),
    page(SAMPLE, views.sample, name="sample"),
    page(f"{SAMPLE}pack/", views.sample_pack, name="sample_pack", methods=WRITE),
    page(f"{SAMPLE}sample.json", views.sample_json, name="sample_json"),
    page(f"{SAMPLE}sample.csv", views.sample_sheet, name="sample_csv"),
]
