"""How whoever looks after an account or subreddit lets the archive read it. Pure. Source: Reddit's description of its
OAuth 2.0 (github.com/reddit-archive/reddit/wiki/OAuth2), and of the permissions of its API."""

from __future__ import annotations

from typing import Final

from connectors._reddit_asks import ON_REDDIT
from connectors.authorization import CODE, RENEWAL, RETURN, Authorization, Chosen, Scope, SetUp, Trade

SET_UP: Final = SetUp(
    steps=(
        "Sign in at the console with an account that belongs to the city, and make an app of the type web app with the"
        " return address as redirect uri.",
        "Note its id, which stands under its name, and its secret.",
        "Set ARCHIVER_CONTACT to an address of the city: Reddit wants to know who asks, and answers nobody who does not"
        " say it.",
    ),
    review="Reddit asks whoever uses its Data API to say for what, in a form: count on several weeks.",
    cost="None, up to 100 questions a minute for uses that are not commercial.",
    terms="Reddit asks whoever stores posts and comments to delete them when their authors do. The city's duty to keep"
    " public records stands against that. Have the City Attorney write down on which legal basis the city keeps it, and"
    " keep that note with the account.",
    console="https://www.reddit.com/prefs/apps",
)


def reddit(url: str) -> Authorization:
    """Of the account or subreddit at ``url``. Whoever signs in must be the account, or moderate the subreddit."""
    api, pages = ON_REDDIT.api_of(url), ON_REDDIT.pages_of(url)
    token = f"{pages}/api/v1/access_token"
    code = (("grant_type", "authorization_code"), ("code", CODE), ("redirect_uri", RETURN))
    user = url.removeprefix(pages).startswith("/user/")
    return Authorization(
        page=f"{pages}/api/v1/authorize",
        scopes=(*_SCOPES, *(_OF_USERS if user else _OF_SUBREDDITS)),
        trades=(Trade(token, code, basic=True), _own(api) if user else _moderated(api)),
        renew=Trade(token, (("grant_type", "refresh_token"), ("refresh_token", RENEWAL)), basic=True),
        writing=r"\*|account|creddits|edit|flair|livemanage|mod(?!log$)\w+|report|save|structuredstyles|submit|subscribe"
        r"|vote|wikiedit",
        more=(("duration", "permanent"),),
        challenge=False,
        application=Trade(token, (("grant_type", "client_credentials"),), basic=True),
    )  # fmt: skip


_SCOPES = (
    Scope("identity", "Whose account this is."),
    Scope("read", "Posts, and what people write under them."),
)
_OF_USERS = (
    Scope("history", "Everything the account posted and commented."),
    Scope(
        "privatemessages", "Messages to the account and from it, and who answered it.", needed=False,
        also="send messages; none that only reads them is offered",
    ),
)  # fmt: skip
_OF_SUBREDDITS = (
    Scope("mysubreddits", "Which subreddits you moderate, to see that this is one."),
    Scope("modlog", "What moderators removed, approved and banned, and by whom.", needed=False),
    Scope("wikiread", "The rules that AutoModerator goes by, which are a page of the wiki.", needed=False),
)


def _own(api: str) -> Trade:
    return Trade(f"{api}/api/v1/me", method="GET", bearer=True, gives={"account": "/id"})


def _moderated(api: str) -> Trade:
    """The subreddit, among those that whoever signed in moderates."""
    chosen = Chosen("/data/children", ("/data/name",))
    return Trade(
        f"{api}/subreddits/mine/moderator", (("limit", "100"), ("raw_json", "1")), "GET", bearer=True,
        gives={"account": "/data/name"}, chosen=chosen,
    )  # fmt: skip
