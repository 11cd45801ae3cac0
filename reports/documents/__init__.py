"""Models of documents: everything that a document says, ready to be laid out; formats and templates compute nothing."""
