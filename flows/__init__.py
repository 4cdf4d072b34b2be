"""The procedures, a small package each, written as the handbook has them.

They import only prefect and the front door.
"""
