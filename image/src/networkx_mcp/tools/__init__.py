"""MCP tools, resources and prompts: thin, typed, bounded; no algorithm inside."""
