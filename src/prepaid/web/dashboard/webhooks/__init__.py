"""The pages about webhooks: endpoints, one of them, what was sent to it and what came back."""
