"""Real workflows that send their logs to Caselog, to copy from and to try it out with."""
