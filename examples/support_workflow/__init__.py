"""A customer-support workflow in LangGraph whose every ticket ends as one log in Caselog."""
