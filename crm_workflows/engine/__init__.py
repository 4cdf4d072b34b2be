"""Durable execution of procedures over ports. It must not import adapters, settings or interfaces."""
