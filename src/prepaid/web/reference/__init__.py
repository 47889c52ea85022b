"""The API described for people: words for its fields, headings, examples, and the page at /docs."""
