"""What each kind of endpoint needs, and which keys mean something for it."""

from __future__ import annotations

from xsim.load.scenario_calls import PART
from xsim.load.scenario_endpoint_keys import JOB_KEYS, KIND_KEYS
from xsim.load.scenario_events import Naming
from xsim.load.scenario_table import Table
from xsim.world import Endpoint

DEFAULT_METHODS = {"job": "POST", "update": "POST"}


def refuse_other_keys(table: Table, kind: str) -> None:
    """Complain about the first key that means nothing for the kind, and name the kinds for which it does."""
    known = KIND_KEYS[kind]
    for key in table.values:
        if key in known:
            continue
        owners = [f'"{name}"' for name, keys in KIND_KEYS.items() if key in keys]
        hint = f"write kind = {' or '.join(owners)}" if len(owners) <= 3 and kind != "fixed" else None
        table.refuse(key, f'means nothing for kind = "{kind}"', hint or f"known there: {', '.join(known)}")


def read_job_states(table: Table) -> tuple[str, str]:
    """The word while a search runs, and the one after that."""
    states = table.texts("job_states") if "job_states" in table else JOB_KEYS["job_states"].default
    if len(states) != 2 or states[0] == states[1]:
        table.expect("job_states", 'two different texts, such as ["RUNNING", "DONE"]')
    return (states[0], states[1])


def refuse_bad_kind(table: Table, endpoint: Endpoint, naming: Naming) -> None:
    """What the kind needs and is not there."""
    parts = PART.findall(endpoint.path)
    needs = {
        "detail": _refuse_bad_detail,
        "objects": _refuse_bad_objects,
        "job": _refuse_bad_job,
        "job_status": _refuse_bad_status,
        "update": _refuse_bad_update,
    }
    if endpoint.kind in needs:
        needs[endpoint.kind](table, endpoint, naming)
    for key, name, place in (
        ("id_param", endpoint.id_name, endpoint.id_place),
        ("job_param", endpoint.job_name, endpoint.job_place),
    ):
        if name and place == "path" and name not in parts:
            table.refuse(key, f"the path {endpoint.path} has no part {{{name}}}")
    for key, name in (("id_in", "id_param"), ("job_in", "job_param")):
        if key in table and name not in table:
            table.refuse(key, f"means nothing without '{name}'")
    if endpoint.kind == "list" and "unknown_status" in table and not endpoint.job_name:
        table.refuse("unknown_status", "means nothing for a list that gives no job's results", "write job_param")


def _refuse_bad_detail(table: Table, endpoint: Endpoint, naming: Naming) -> None:
    _need_id(table, endpoint, "a detail call")


def _refuse_bad_objects(table: Table, endpoint: Endpoint, naming: Naming) -> None:
    if not endpoint.id_name:
        table.refuse(None, "'id_param' is missing: the parameter that holds the ids of the wanted records")
    _need_id(table, endpoint, "a call for objects")


def _refuse_bad_job(table: Table, endpoint: Endpoint, naming: Naming) -> None:
    if not endpoint.job_at:
        table.refuse(None, "'job_at' is missing: where the answer holds the id of the search that it begins")
    _refuse_taken(table, endpoint.job_at, "job_at")


def _refuse_bad_status(table: Table, endpoint: Endpoint, naming: Naming) -> None:
    if not endpoint.job_name:
        table.refuse(None, "a job's status needs {job} in its path, or 'job_param'")
    if not endpoint.job_state_at:
        table.refuse(None, "'job_state_at' is missing: where the answer says how far the search is")
    _refuse_taken(table, endpoint.job_state_at, "job_state_at")


def _refuse_bad_update(table: Table, endpoint: Endpoint, naming: Naming) -> None:
    _need_id(table, endpoint, "an update")
    if "text" in table:
        for key in ("extra", "record_at"):
            if key in table:
                table.refuse(key, f"expected either 'text' (all of the answer) or '{key}', not both")
    if bool(endpoint.set) == endpoint.deletes:
        table.refuse(
            None,
            "expected either 'set' (paths and new values) or 'deletes = true'",
            'such as set = {status = "closed"}, or set = {status = "{status}"} for what the request says',
        )
    for path in endpoint.set:
        if any(own == path or own.startswith(f"{path}.") for own in naming.paths):
            table.refuse("set", f"{path} is the event's id ({naming.where} event), which must stay")


def _need_id(table: Table, endpoint: Endpoint, what: str) -> None:
    if not endpoint.id_name and "id" not in PART.findall(endpoint.path):
        table.refuse(None, f"{what} needs {{id}} in its path, or 'id_param'")
    if not endpoint.id_field:
        table.refuse(None, f"{what} needs 'id_field': the field of the record that the id is looked up in")


def _refuse_taken(table: Table, path: str, key: str) -> None:
    """One place cannot hold both a fixed field and what the vendor puts there."""
    extra = table.object("extra")
    if path in extra:
        table.refuse("extra", f"{path} is where {key} puts its own")
