"""Tables to what a person or a program reads: text, Markdown, JSON, CSV; written so that nothing is lost."""
