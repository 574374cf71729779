"""Forms as a browser would send them back: what a page's form holds, ready to be changed and posted."""

from html.parser import HTMLParser
from typing import Any

from django.test import Client

Values = dict[str, Any]


class _Form(HTMLParser):
    """The controls of one form by name; templates for rows to come are not part of it."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.wanted, self.values, self.inside = form_id, Values(), False
        self.templates, self.select, self.area, self.text = 0, "", "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.inside = given.get("id") == self.wanted
        self.templates += tag == "template"
        if not self.inside or self.templates or "disabled" in given:
            return
        name = given.get("name") or ""
        if tag == "input":
            self._input(name, given)
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and "selected" in given:
            self._add(self.select, given.get("value") or "")
        elif tag == "textarea":
            self.area, self.text = name, ""

    def _input(self, name: str, given: dict[str, str | None]) -> None:
        kind = given.get("type") or "text"
        if not name or kind in ("submit", "file", "button") or "__prefix__" in name:
            return
        if kind in ("checkbox", "radio"):
            if "checked" in given:
                self._add(name, given.get("value", "on") or "")
        else:
            self._add(name, given.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        self.templates -= tag == "template"
        if tag == "form":
            self.inside = False
        if tag == "select":
            self.select = ""
        if tag == "textarea" and self.area:
            self._add(self.area, self.text.removeprefix("\n"))
            self.area = ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.text += data

    def _add(self, name: str, value: str) -> None:
        if name.endswith(("-taxes", "taxes", "payable_with", "remove_file")):
            self.values.setdefault(name, []).append(value)
        else:
            self.values[name] = value


def form_of(html: bytes | str, form_id: str) -> Values:
    """The values that a browser would send if its user changed nothing."""
    parser = _Form(form_id)
    parser.feed(html.decode() if isinstance(html, bytes) else html)
    assert parser.values, f"there is no form #{form_id} on this page"
    return parser.values


def form_at(client: Client, url: str, form_id: str = "editor") -> Values:
    answer = client.get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return form_of(answer.content, form_id)


def with_line(form: Values, place: int, **values: Any) -> Values:
    """The editor's form with a line changed, or added when there is none at that place."""
    count = max(int(form["lines-TOTAL_FORMS"]), place + 1)
    blank = {
        "name": "Work",
        "quantity": "1",
        "unit_price": "100",
        "kind": "one_time",
        "detail": "",
        "unit": "",
    }
    is_new = place >= int(form["lines-TOTAL_FORMS"]) or not form.get(f"lines-{place}-name")
    given = {
        f"lines-{place}-{name}": value for name, value in {**(blank if is_new else {}), **values}.items()
    }
    return {**form, **given, "lines-TOTAL_FORMS": str(count)}


def with_pair(form: Values, part: str, place: int, **values: Any) -> Values:
    """The same for charges and links."""
    count = max(int(form[f"{part}-TOTAL_FORMS"]), place + 1)
    given = {f"{part}-{place}-{name}": value for name, value in values.items()}
    return {**form, **given, f"{part}-TOTAL_FORMS": str(count)}


def messages_of(answer: Any) -> list[str]:
    """What the next page will say above everything else."""
    return [str(message) for message in answer.wsgi_request._messages]
