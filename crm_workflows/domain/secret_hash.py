"""What is kept of a secret that was given out: whoever reads the database cannot use it (decision 0003). No IO."""

import hashlib


def hash_of_secret(secret: str) -> str:
    """The hexadecimal SHA-256, by which the row of whoever shows the secret is found."""
    return hashlib.sha256(secret.encode()).hexdigest()
