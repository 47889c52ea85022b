"""Rules of sending: endpoints, signatures, when to try again, how fast."""
