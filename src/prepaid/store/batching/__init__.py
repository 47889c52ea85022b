"""Many commands in one transaction: the queue, the batch, and the books it opens."""
