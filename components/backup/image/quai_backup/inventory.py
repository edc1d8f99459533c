"""What is in a database: counted when it's dumped, counted again when it's restored, and compared."""

from __future__ import annotations

from typing import Any, Protocol

from .database import identifier, literal

# What an extension brought belongs to the extension; pg_dump leaves it out as well.
_OURS = """n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')"""
_RELATIONS = f"""SELECT json_build_array(n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = '%s' AND c.relpersistence IN ('p', 'u') AND {_OURS} ORDER BY n.nspname, c.relname;"""
_ROLES = """SELECT to_json(r.rolname) FROM pg_roles r WHERE r.rolname !~ '^pg_' AND r.oid <> 10 AND EXISTS (
    SELECT FROM pg_shdepend s JOIN pg_database d ON d.oid = s.dbid
    WHERE d.datname = current_database() AND s.refclassid = 'pg_authid'::regclass AND s.refobjid = r.oid) ORDER BY r.rolname;"""
_DATABASE = """SELECT to_jsonb(d) - 'datacl' || jsonb_build_object('encoding', pg_encoding_to_char(d.encoding), 'settings',
    coalesce((SELECT to_jsonb(s.setconfig) FROM pg_db_role_setting s WHERE s.setdatabase = d.oid AND s.setrole = 0), '[]'::jsonb))
    FROM pg_database d WHERE d.datname = current_database();"""

Inventory = dict[str, Any]
NOTHING: Inventory = {"tables": {}, "sequences": {}, "largeObjects": 0}


class Queries(Protocol):
    """A session, or a server and a database."""

    def rows(self, step: str, sql: str) -> list[Any]: ...


def quoted(schema: str, name: str) -> str:
    return f"{identifier(schema)}.{identifier(name)}"


def describe(queries: Queries) -> dict[str, Any]:
    """Properties of the database itself, which pg_dump of one database leaves out, and the roles that it refers to."""
    row = queries.rows("inventory", _DATABASE)[0]
    return {
        "encoding": row["encoding"],
        "collate": row["datcollate"],
        "ctype": row["datctype"],
        "provider": row.get("datlocprovider", "c"),
        "locale": row.get("datlocale") or row.get("daticulocale"),
        "settings": row["settings"],
        "roles": queries.rows("inventory", _ROLES),
        "serverVersion": queries.rows("inventory", "SELECT current_setting('server_version_num')::int;")[0],
    }


def count(queries: Queries) -> Inventory:
    return {**count_rows(queries), "sequences": sequences(queries)}


def count_rows(queries: Queries) -> Inventory:
    """Exact, by counting."""
    tables = {
        name: queries.rows("inventory", f"SELECT count(*) FROM ONLY {name};")[0] for name in _relations(queries, "r")
    }
    objects = queries.rows("inventory", "SELECT count(*) FROM pg_largeobject_metadata;")[0]
    return {"tables": tables, "largeObjects": objects}


def sequences(queries: Queries) -> dict[str, list[Any]]:
    """Where each one stands, its step, and whether it begins anew at its end."""
    found: dict[str, list[Any]] = {}
    for name in _relations(queries, "S"):
        sql = (
            f"SELECT json_build_array(v.last_value, s.seqincrement, s.seqcycle) FROM {name} v, pg_sequence s "
            f"WHERE s.seqrelid = {literal(name)}::regclass;"
        )
        found[name] = queries.rows("inventory", sql)[0]
    return found


def steady(before: dict[str, list[Any]], after: dict[str, list[Any]]) -> dict[str, list[Any] | None]:
    """Sequences stand outside transactions. One that was set back while the dump was made proves nothing: only its existence is kept."""
    return {
        name: None if name in after and fell_back(value, after[name]) else value for name, value in before.items()
    }


def _relations(queries: Queries, kind: str) -> list[str]:
    return [quoted(schema, name) for schema, name in queries.rows("inventory", _RELATIONS % kind)]


def differences(expected: Inventory, found: Inventory) -> list[str]:
    """One line per table that is missing, new, or has another number of rows; and per sequence that fell back."""
    lines: list[str] = []
    for name in sorted({*expected["tables"], *found["tables"]}):
        wanted, present = expected["tables"].get(name), found["tables"].get(name)
        if present is None:
            lines.append(f"{name}: is missing ({wanted} rows expected)")
        elif wanted is None:
            lines.append(f"{name}: was not there when the backup was made")
        elif wanted != present:
            lines.append(f"{name}: {present} rows instead of {wanted}")
    for name, value in sorted(expected["sequences"].items()):
        if name not in found["sequences"]:
            lines.append(f"{name}: the sequence is missing")
        elif value is not None and fell_back(value, found["sequences"][name]):
            lines.append(f"{name}: the sequence stands at {found['sequences'][name][0]}, before {value[0]}")
    if expected["largeObjects"] != found["largeObjects"]:
        lines.append(f"large objects: {found['largeObjects']} instead of {expected['largeObjects']}")
    return lines


def fell_back(earlier: list[Any], later: list[Any]) -> bool:
    position, step, cycles = earlier
    if cycles:
        return False
    return bool(later[0] < position if step > 0 else later[0] > position)


def total_rows(inventory: Inventory) -> int:
    return sum(inventory["tables"].values())
