"""Who may write and who may read: clients, API keys, users, and snapshots of what a reader may see."""
