"""How the DAGs are built; the DAG files themselves only say when, how often and what if it hurts."""
