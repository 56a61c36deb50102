"""What platforms let be asked, how much of it is used, when it will be used up at this pace, and what is asked less
often then. Working state: it may be lost, a rebuild does not bring it back, and no evidence depends on it."""
