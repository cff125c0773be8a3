"""Ways back as attackers write them, and as our own pages do."""

# By hand: each for a parser that once read it as another site, or a path of ours that nobody goes back to.
_BY_HAND = [
    "", " ", "/", "//", "///", "//e", "///e", "////e", "/\\e", "\\/e", "\\\\e", "/\\/e", "/\\\\e", "/%5Ce", "/%5c%5ce",
    "/%2Fe", "/%2F%2Fe", "/%2f%2fe/dashboard", "/%252Fe", "/%255Ce", "/%09/e", "/%0A/e", "/%0D%0A/e", "/\t/e", "/\n/e",
    "/\r/e", "/\x00/e", "/ /e", "\t//e", "\n//e", " //e", "/dashboard\r\nSet-Cookie: a=b", "/dashboard%0d%0aX: y",
    "/dashboard\x00", "/dashboard%00", "/dashboard%07", "/dashboard\x7f", "/dashboard\x85", "https:e", "https:/e",
    "https://e", "https:///e", "http://e", "HTTPS://E", "ftp://e", "javascript:alert(1)", "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "mailto:a@b", "//e@credits.example",
    "https://credits.example@e/", "https://credits.example.e/", "//credits.example@e", "//credits.example:443@e/x",
    "/@e", "@e", "e", "dashboard", "./dashboard", "../dashboard", "?x", "#x", "/dashboard/../sign-out",
    "/dashboard/..", "/dashboard/.", "/dashboard/%2e%2e/x", "/dashboard/%2E%2E/%2e%2e/x", "/dashboard/%252e%252e/x",
    "/dashboard//e", "/dashboard/%2F/e", "/dashboard\\..\\x", "/dashboard%5c..%5cx", "\u2215\u2215e", "/\u2215e", "/\uff0fe",
    "\uff0f\uff0fe", "/\u3002e", "/\u2025/e", "/dash\u0000board", "/d\u200bashboard", "/%E2%88%95e", "/%EF%BC%8Fe",
    "/dashboard%", "/dashboard%2", "/dashboard%zz", "/dashboard%ff", "/dashboard?q=%00", "/dashboard?q=\x00", "/dashboard?\n",
    "/dashboards", "/dashboardx/y", "/sign-in", "/sign-out", "/sign-in/demo", "/static/x/app.js", "/webhooks/stripe", "/dev/mailbox",
    "/healthz", "/metrics", "/DASHBOARD", "/dashboard;x", "/dashboard#top", "/dashboard\\", "/dashboard<script>", '/dashboard"x',
    "/%64ashboard/%2e%2e//e", "/dashboard/%c0%af%c0%af", "[::1]", "http://[::1", "//[", "/dashboard?" + "a" * 10_000, "/" + "a" * 10_000,
]  # fmt: skip
# And every way of beginning an address that some parser somewhere takes for the end of our own.
_BEGINNINGS = (
    "//", "///", "////", "/\\", "\\/", "\\\\", "/\\/", "https://", "https:/", "https:", "http:/\\", "HttpS://", "//user@",
    "//credits.example@", "//credits.example%40", "//credits.example#@", "//credits.example?@", "//credits.example\\@",
    "https://credits.example@", "https://credits.example%2f@", "https://credits.example\\@", "https://credits.example.",
    "/%09/", "/%0a/", "/%0d/", "/%2f", "/%5c", "/%252f", "%2f%2f", "%5c%5c", "/\t/", "/\n/", "/\r/", "/ /", "\t//", "\x00//",
    "/.//", "/..//", "/./\\", "/dashboard/..//", "/dashboard/%2e%2e//", "/;//", "/dashboard;//", "//%00", "//[::ffff:1.2.3.4]@",
    "\u2044\u2044", "\uff0f\uff0f", "\u3002", "/\u2024/", "javascript://", "javascript:alert(1)//", "data:text/html,//", "view-source:",
    "blob:https://", "filesystem:https://", "ws://", "ftp://", "about:blank#//", "x:", "/dashboard?\n//", "/dashboard\\@",
)  # fmt: skip
_ELSEWHERE = ("evil.example", "evil.example/dashboard")

HOSTILE = [*_BY_HAND, *(f"{begins}{on}" for begins in _BEGINNINGS for on in _ELSEWHERE)]
FRIENDLY = [
    "/dashboard",
    "/dashboard?workshops=AbC_-1.~",
    "/account",
    "/help",
    "/pricing",
    "/pricing?workshop=ws_1&pack=single-flight",
    "/pricing?pack=single-flight&return_to=/workshops/ws_1",
    "/checkout/success?session_id=cs_test_a1",
    "/checkout/cancel?purchase=pur_01k",
    "/purchases/pur_01k",
    "/purchases/pur_01k/payment",
    "/workshops/new?title=Launch%20plan%20%26%20more",
    "/workshops/ws_1",
    "/workshops/ws_1/steps/reframe",
    "/workshops/ws_1/build-pack",
    "/transactions?q=100%25&before=AbC_-1.~",
    "/transactions?type=purchase&from=2026-01-01&to=2026-12-31",
    "/transactions/ctx_01k",
    "/statements/2026-11",
    "/transactions?q=https://evil.example",
]
