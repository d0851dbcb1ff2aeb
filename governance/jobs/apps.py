from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    name = "governance.jobs"
    label = "jobs"

    def ready(self) -> None:
        # Each app's tasks.py registers the kinds of job that it can run.
        autodiscover_modules("tasks")
