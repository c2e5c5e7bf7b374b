"""auth: users, service accounts, credentials, tokens and role grants."""
