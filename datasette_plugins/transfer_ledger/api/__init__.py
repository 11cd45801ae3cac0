"""What the OpenAPI document says, made from what the app itself reads and answers with, so that it stays true."""
