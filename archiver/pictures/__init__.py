"""Pictures of an account's own posts: the page they are drawn from, and the confined browser that draws it."""
