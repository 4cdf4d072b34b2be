"""Whether an Ed25519 signature is good, as RFC 8032 says; for check.py, in plain Python."""

import hashlib

# A point (x, y) has y² - x² = 1 + Dx²y² modulo P; as a number it is y, and in bit 255 whether x is odd.
P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
BASE = 4 * pow(5, -1, P) % P


def point(number):
    y, is_odd = number % 2**255, number >> 255
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    return (x if x % 2 == is_odd else P - x), y


def add(a, b):
    k = D * a[0] * b[0] * a[1] * b[1]
    return (a[0] * b[1] + b[0] * a[1]) * pow(1 + k, -1, P) % P, (a[1] * b[1] + a[0] * b[0]) * pow(1 - k, -1, P) % P


def times(n, a):
    return add(times(n // 2, add(a, a)), a if n % 2 else (0, 1)) if n else (0, 1)


def signed(key, content, signature):
    """Key and signature in hexadecimal. Only a key that you know is worth asking about."""
    key, r, s = bytes.fromhex(key), bytes.fromhex(signature[:64]), bytes.fromhex(signature[64:])
    hashed = hashlib.sha512(r + key + content).digest()
    a, r, s, h = (int.from_bytes(part, "little") for part in (key, r, s, hashed))
    x, y = add(times(s, point(BASE)), times(h, point(a ^ 2**255)))  # s·BASE - h·key
    return y + x % 2 * 2**255 == r
