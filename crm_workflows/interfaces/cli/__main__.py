"""`python -m crm_workflows.interfaces.cli`: the command `crmw` where no script is installed."""

from crm_workflows.interfaces.cli.main import main

if __name__ == "__main__":
    main()
