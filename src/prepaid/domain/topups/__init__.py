"""Rules of buying credit: wishes, caps, answers, and money that goes back."""
