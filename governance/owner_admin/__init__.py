"""Django's admin, for the owners of models and for administrators: a form over the same actions."""
