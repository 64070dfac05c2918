"""The engine `explore`: every state, in C or by the plain interpreter."""
