"""The outside world, one technology per file. It must not decide anything: rules live in the layers below."""
