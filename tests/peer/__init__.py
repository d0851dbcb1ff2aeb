"""MLflow's own registry tests, unedited, against the portal: `python -m tests.peer`."""
