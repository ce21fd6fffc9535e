"""What both servers share: bounded requests and connections, the service log, background tasks, addresses."""
