"""The company's files: people, policy, calendar and processes, checked with file and line before they are in force."""
