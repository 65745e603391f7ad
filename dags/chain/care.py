"""The DAG of one kind, built from the table of steps."""

from airflow.sdk import DAG, get_current_context, task, task_group

from aftercare.steps.table import STEPS
from chain.options import options
from chain.workshop import claim_batches, run_step

CHUNKS = 8
POOL = "sendgrid"


def care_dag(dag_id: str, kind: str, doc: str | None) -> DAG:
    """claim, then for every claimed batch: check → decide → compose → send → record.

    Batches are few and large; each goes through its own chain, so that one that the gate stops does
    not hold back the others. XComs carry batch ids and counts only.
    """
    with DAG(dag_id, **options(doc, kind)) as dag:

        @task(task_id="claim")
        def claim() -> list[str]:
            run = str(get_current_context()["run_id"])
            return claim_batches(kind, f"{dag_id}/{run}", CHUNKS)

        @task_group(group_id="batch")
        def batch(batch_id: str) -> None:
            done = None
            for name in list(STEPS)[1:]:
                step = _step(name, kind)(batch_id)
                if done is not None:
                    done >> step
                done = step

        batch.expand(batch_id=claim())
    return dag


def _step(name: str, kind: str):  # type: ignore[no-untyped-def]
    pool = POOL if name == "send" else "default_pool"

    @task(task_id=name, pool=pool)
    def step(batch_id: str) -> dict[str, int]:
        return run_step(name, kind, batch_id)

    return step
