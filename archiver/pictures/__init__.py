"""Pictures of an account's own posts, drawn from what was captured: the page, and the confined browser that draws it."""
