"""The provider's two pages, rendered here without anything from elsewhere: the login form and an error."""

from __future__ import annotations

import secrets
from html import escape
from importlib.resources import files
from string import Template
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse

_PAGE = Template(files(__package__).joinpath("login.html").read_text(encoding="utf-8"))
_PROBLEM = Template('<p class="problem" role="alert" id="problem">$text</p>')
_FORM = Template("""
$problem
<p>Sign in to continue to <strong>$app</strong>.</p>
<form method="post" action="$action">
<input type="hidden" name="csrf" value="$csrf">
<label for="email">E-mail</label>
<input id="email" name="email" type="email" autocomplete="username" required value="$email"$described autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required$described>
<button class="main" name="action" value="sign-in">Sign in</button>
<button class="quiet" name="action" value="cancel" formnovalidate>Cancel</button>
</form>
""")


def render_login(
    *,
    app: str,
    action: str,
    csrf: str,
    redirect_uri: str,
    email: str = "",
    problem: str | None = None,
    status: int = 200,
) -> HTMLResponse:
    """Return the login page.

    Args:
        app: the app that somebody signs in to.
        action: where the form is sent: this page's own address, with the app's request in its query.
        csrf: the token that the browser's cookie holds too.
        redirect_uri: where the app gets its answer; the browser may be sent there by the form.
        email: what was typed before.
        problem: why it did not work.
        status: HTTP status.
    """
    shown = "" if problem is None else _PROBLEM.substitute(text=escape(problem))
    content = _FORM.substitute(
        problem=shown,
        app=escape(app),
        action=escape(action),
        csrf=escape(csrf),
        email=escape(email),
        described="" if problem is None else ' aria-describedby="problem" aria-invalid="true"',
    )
    parts = urlsplit(redirect_uri)
    return _render(
        "Sign in", content, status, form_targets=f"'self' {parts.scheme}://{parts.netloc}"
    )


def render_error(text: str, *, status: int = 400) -> HTMLResponse:
    """Return a page for a request that cannot be answered to the app, since it is not known to be the app's."""
    content = _PROBLEM.substitute(text=escape(text))
    return _render("This sign-in link does not work", content, status, form_targets="'none'")


def _render(title: str, content: str, status: int, *, form_targets: str) -> HTMLResponse:
    nonce = secrets.token_urlsafe(16)
    return HTMLResponse(
        _PAGE.substitute(title=escape(title), content=content, nonce=nonce),
        status_code=status,
        headers={
            "Content-Security-Policy": (
                f"default-src 'none'; style-src 'nonce-{nonce}'; form-action {form_targets}; "
                "frame-ancestors 'none'; base-uri 'none'"
            ),
            "X-Frame-Options": "DENY",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        },
    )
