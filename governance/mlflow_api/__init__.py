"""MLflow's registry protocol over the domain: an unmodified client of MLflow is ours."""
