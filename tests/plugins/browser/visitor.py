"""A browser's tab that goes from picture to picture, as whoever sees it, and keeps what it asked and complained of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from datasette_plugins.transfer_ledger.roles import Role
from tests.plugins.browser.lived import Places
from tests.plugins.browser.pictures import App, Picture
from tests.plugins.browser.served import Served

# As a browser sends a form of the page: with its secret, unless another is given.
_SEND = """([action, fields, enctype]) => {
  const form = document.createElement("form");
  Object.assign(form, {method: "post", action, enctype});
  const put = (name, value) => {
    const input = document.createElement("input");
    Object.assign(input, {type: "hidden", name, value});
    form.append(input);
  };
  const secret = document.querySelector("input[name=csrf]");
  if (secret && !("csrf" in fields)) put("csrf", secret.value);
  for (const [name, values] of Object.entries(fields)) for (const value of [values].flat()) put(name, value);
  document.body.append(form);
  form.submit();
}"""


class Visitor:
    """One tab of a browser. `asked` and `complaints` are of the picture that it is at."""

    def __init__(self, context: Any, apps: Mapping[App, Served], places: Places) -> None:
        self.tab = context.new_page()
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self._context, self._apps, self._places = context, apps, places
        self._cookies: dict[tuple[App, Role], Any] = {}
        self._is: tuple[App, Role | None] | None = None
        self.tab.on("request", lambda request: self.asked.append(request.url))
        self.tab.on("console", lambda message: self.complaints.append(message.text))
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))

    def become(self, app: App, role: Role | None) -> None:
        """From now on the tab is of somebody of this role at this app, or of nobody."""
        if self._is == (app, role):
            return
        self._context.clear_cookies()
        if role is not None:
            if (app, role) not in self._cookies:
                self._cookies[app, role] = self._apps[app].cookie(role)
            self._context.add_cookies([self._cookies[app, role]])
        self._is = app, role

    @contextmanager
    def at(self, picture: Picture, role: Role | None) -> Iterator[Any]:
        """The tab at the picture, as somebody of the role sees it; whatever runs for it stands still until the end."""
        self.become(picture.app, role)
        served = self._apps[picture.app]
        with self._held(served, picture, role) as more:
            self.asked.clear()
            self.complaints.clear()
            answer = self._go(served, picture, {**self._places.values, **more})
            assert answer.status == picture.status, f"{answer.status}: {self.tab.inner_text('body')[:600]}"
            yield self.tab

    def strangers(self, served: Served) -> list[str]:
        """What the picture asked for that is not the app's."""
        return [one for one in self.asked if not one.startswith((f"{served.address}/", "data:"))]

    @contextmanager
    def _held(self, served: Served, picture: Picture, role: Role | None) -> Iterator[dict[str, str]]:
        if "{once}" in picture.where:
            yield {"once": served.site.people.link("dpo", served.site.clock())}
        elif not picture.held:
            yield {}
        else:
            assert role is not None
            what = served.site.runs.newest("report")[0].what if picture.held == "report" else {}
            with served.held(picture.held, what, role) as n:
                self.tab.route("**/*", _once)
                try:
                    yield {"held": str(n)}
                finally:
                    self.tab.unroute("**/*", _once)

    def _go(self, served: Served, picture: Picture, values: Mapping[str, str]) -> Any:
        address = served.address + picture.where.format_map(values)
        if not picture.form:
            return self.tab.goto(address)
        self.tab.goto(served.address + ("/-/sign-in" if picture.route == "/-/sign-in" else "/-/register"))
        self.asked.clear()
        fields = {
            name: [one.format_map(values) for one in value] if isinstance(value, list) else value.format_map(values)
            for name, value in picture.form.items()
        }
        with self.tab.expect_navigation() as going:
            self.tab.evaluate(_SEND, [address, fields, picture.kind])
        return going.value


def _once(route: Any) -> None:
    # A page of what runs asks to be loaded again each second; it is to stand still while it is looked at.
    answer = route.fetch()
    route.fulfill(response=answer, headers={k: v for k, v in answer.headers.items() if k != "refresh"})
