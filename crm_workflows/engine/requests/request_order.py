"""In which order requests were opened, as lists show them. It must not read rows."""


def place_of(request_id: str) -> tuple[str, int]:
    """Case, then number: as text `…-R10` would come before `…-R2`."""
    case, _, number = request_id.rpartition("-R")
    return case, int(number) if number.isascii() and number.isdigit() else 0
