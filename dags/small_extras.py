"""# Small extras: something that nobody asked for

Thanks customers for their patience after a long case, and loyal ones for staying. Everything here
costs money, so the wallet decides with it: an extra is reserved in the transaction that decides,
spent when the provider accepted the message, and given back when the message does not leave.

Tasks and failures are those of `apologies`; read its runbook. Differences:

- **`held`: "budget … has nothing left"**: `aftercare wallet status`. Raise the budget in
  `policy.yml`, or let it wait for the next day or month; nothing is overdrawn.
- **`held`: "the pool of codes … is empty"**: `aftercare wallet import FILE --budget NAME`.
- Stop and resume: `aftercare stop small_extra`, `aftercare resume small_extra`.

Clearing and running a task again is always safe.
"""

from airflow.sdk import DAG
from chain.care import care_dag

dag: DAG = care_dag("small_extras", "small_extra", __doc__)
