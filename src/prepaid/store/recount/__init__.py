"""The same facts from several tables, for the doctor to lay side by side."""
