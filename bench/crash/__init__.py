"""The crash rig: real Kafka and Postgres, processes killed at random and at every named point."""
