"""The part of the scenario about the doors themselves: REST, and bodies that are no calls."""

import json
from typing import Any

from tests.simulators.tryton.notes import blank, encoded, shape
from tests.simulators.tryton.scenario_sales import Selling


class Knocking(Selling):
    """Knocks at the doors."""

    async def doors(self) -> None:
        """Knock at the REST door, and at the other one with bad bodies."""
        (me,) = await self.call.find("res.user", [["login", "=", self.call.login]])
        made = await self.call.make("res.user.application", application="rest", user=me["id"])
        self.key = (await self.call.read("res.user.application", made, "key"))["key"]
        wanted = encoded([["code", "=", f"{self.tag}-T"]])
        await self.rest("read", "GET", f"product.product?f=code&f=template.type&d={wanted}")
        await self.rest("bare", "GET", f"product.product?d={wanted}")
        await self.rest("range", "GET", "party.party?f=active", Range="records=0-2")
        await self.rest("far", "GET", "party.party", Range="records=900000-900001")
        clause = encoded([["nope", "=", 1]])
        for name, path in (
            ("gone", "party.party/999999"), ("field", "party.party/1?f=nope"), ("model", "nope.nope/1"),
            ("domain", "party.party?d=xx"), ("clause", f"party.party?d={clause}"),
        ):  # fmt: skip
            await self.rest(name, "GET", path)
        taken = {"name": "Rest", "code": f"{self.tag}-B"}
        await self.rest("code taken", "POST", "party.party", taken)
        told = await self.rest("create", "POST", "party.party?f=name&f=active", {"name": "Rest"})
        path = f"party.party/{told['id']}"
        await self.rest("write", "PUT", f"{path}?f=name", {"name": "Rest again"})
        await self.rest("delete", "DELETE", path)
        await self.rest("delete again", "DELETE", path)
        await self.rest("no method", "POST", "party.party/nope", {})
        sale = await self.sale(self.line())
        for step in ("quote", "quote", "confirm"):
            await self.rest(f"{step} {len(self.notes)}", "POST", f"sale.sale/{sale}/{step}?f=state", {})
        await self.rest("bad key", "GET", path, Authorization="bearer nope")
        await self.rest("session", "GET", path, Authorization=self.call.authorization or "")
        rpc = {"Authorization": self.call.authorization or ""}
        for name, body, more in (
            ("key", {"id": 1, "method": "model.party.party.search", "params": [[], 0, 1, None, {}]},
             {"Authorization": f"bearer {self.key}"}),
            ("no context", {"id": 1, "method": "model.party.party.search", "params": [[], 0, 1, None]}, rpc),
            ("no method", {"id": 1}, rpc), ("a list", [], rpc), ("text", {}, {**rpc, "Content-Type": "text/plain"}),
            ("bare", {"method": "model.country.country.search_count", "params": [[["code", "=", "nope"]], {}]}, rpc),
            ("bare error", {"method": "model.party.party.create", "params": [[taken], {}]}, rpc),
            ("half a tag", {"id": 1, "method": "x", "params": [{"__class__": "date", "year": 2026}]}, rpc),
        ):  # fmt: skip
            answer = await self.call.post(f"/{self.call.database}/rpc/", body, **more)
            text = (await answer.read()).decode()
            self.notes[f"rpc {name}"] = [answer.status, answer.content_type, blank(text)]

    async def rest(self, name: str, verb: str, path: str, body: Any = None, **headers: str) -> Any:
        """Write down what the REST door answered and return it."""
        sent = {"Authorization": f"bearer {self.key}", "X-Tryton-Context": encoded({"company": 1}), **headers}
        url = f"{self.call.root}/{self.call.database}/rest/model/{path}"
        answer = await self.call.session.request(verb, url, json=body, headers=sent)
        raw = await answer.read()
        content = json.loads(raw) if raw and answer.content_type == "application/json" else None
        told = [answer.status, answer.headers.get("Content-Language"), answer.headers.get("Accept-Ranges")]
        listed = len(content) if isinstance(content, list) and name == "range" else shape(content)
        self.notes[f"rest {name}"] = [*told, listed]
        return content
