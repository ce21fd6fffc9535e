"""What both servers share: bounded requests and connections, the service log, figures, background tasks, addresses."""
