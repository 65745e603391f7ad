"""Where events come from: other shops' files, and the player that puts a file on Kafka."""
