"""Which properties a list handler needs to be asked with (wasm-core/schema/lists.tsv): the parents of child types.

From `handlers.list.handlerSchema` of the registry's schemas. Alternatives are separated by `|`, what belongs together by `,`.
"""


def lists(schemas):
    """Rows (type, alternatives)."""
    rows = []
    for name, schema in sorted(schemas.items()):
        asked = schema.get("handlers", {}).get("list", {}).get("handlerSchema") or {}
        choices = asked.get("oneOf") or asked.get("anyOf") or [asked]
        needed = [",".join(choice.get("required", [])) for choice in choices]
        if all(needed):
            rows.append((name, "|".join(needed)))
    return rows


def text(schemas):
    return "# type\tproperties   (scripts/schema_lists.py)\n" + "".join("\t".join(row) + "\n" for row in lists(schemas))
