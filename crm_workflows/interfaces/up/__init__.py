"""The roles of a running product: pages, mail, worker, Prefect. One small file each; they must not hold rules."""
