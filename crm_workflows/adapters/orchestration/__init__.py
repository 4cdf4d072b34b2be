"""Prefect: runs, deployments and schedules beside our rows. Nothing is lost when it is down."""
