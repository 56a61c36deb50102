"""Commands, one module each."""


def main() -> None:
    raise SystemExit(2)
