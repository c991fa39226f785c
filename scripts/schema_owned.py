"""What the ownership tags meet that differs from the common case (wasm-core/schema/owned.tsv): types that take fewer than
50 tags or shorter values, types whose keys may hold no colon, and tagging permissions that the create handler does not
name. A type that is not listed takes 50 tags with values of 255 characters, and needs no more permissions.
"""

import re

# What a handler needs besides to take tags away or to look at them is no part of a creation.
OTHER = re.compile("untag|remove|delete|list|get|describe", re.IGNORECASE)
MARK = "assent:logical-id"
COMMON = (50, 255)


def resolved(schema, node):
    while "$ref" in node:
        rest = {key: value for key, value in node.items() if key != "$ref"}
        node = {**schema["definitions"][node["$ref"].split("/")[-1]], **rest}
    return node


def takes(pattern):
    plain = pattern.replace(r"\p{L}", "a-zA-Z").replace(r"\p{Z}", " ").replace(r"\p{N}", "0-9").replace(r"\Z", "")
    return "\\P" in plain or re.search(plain, MARK) is not None


def owned(schemas):
    """Rows (type, most tags, longest value, permissions)."""
    rows = []
    for name, schema in sorted(schemas.items()):
        declared = schema.get("tagging", {})
        if not declared.get("taggable", schema.get("taggable", True)):
            continue
        path = declared.get("tagProperty", "/properties/Tags").split("/")[2:]
        if len(path) != 1 or path[0] not in schema["properties"]:
            continue
        tags = resolved(schema, schema["properties"][path[0]])
        item = resolved(schema, tags.get("items", {})).get("properties", {})
        key, value = (resolved(schema, item.get(part, {})) for part in ("Key", "Value"))
        most = min(tags.get("maxItems", tags.get("maxProperties", COMMON[0])), COMMON[0])
        patterns = [key["pattern"]] if "pattern" in key else list(tags.get("patternProperties", {}))
        if not all(takes(pattern) for pattern in patterns):
            most = 0
        longest = min(value.get("maxLength", COMMON[1]), COMMON[1])
        create = {action.lower() for action in schema.get("handlers", {}).get("create", {}).get("permissions", [])}
        asked = [action for action in declared.get("permissions", []) if action.lower() not in create]
        more = sorted(action for action in asked if not OTHER.search(action.split(":")[1]))
        if (most, longest) != COMMON or more:
            rows.append((name, most, longest, ",".join(more)))
    return rows


def text(schemas):
    head = "# type\tmost tags\tlongest value\tpermissions   (scripts/schema_owned.py)\n"
    return head + "".join("\t".join(map(str, row)).rstrip("\t") + "\n" for row in owned(schemas))
