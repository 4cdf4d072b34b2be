"""Mail on its way out: what it says, its bytes kept before it is handed over, and who hears when it fails."""
