"""`python -m bench`: what there is to measure."""

print(
    "python -m bench.crash --kills 1000   kill everything, again and again; the ledger must balance\n"
    "python -m bench.simulate             the simulator's speed, and its memory over more and more events"
)
