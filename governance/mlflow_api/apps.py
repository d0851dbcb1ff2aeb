from django.apps import AppConfig


class MlflowApiConfig(AppConfig):
    name = "governance.mlflow_api"
    label = "mlflow_api"
