"""Turns a registry schema (JSON Schema draft 7 with CloudFormation's extensions) into property trees.

A kind is ("json",), ("string", enum or None), ("integer",), ("number",), ("boolean",), ("list", ordered, unique, item),
("map", value), ("object", definition index), ("document",), which is a policy or the like as an object or as its text, or
("union", kinds). Objects are never inlined, so recursion is only an
index. Lenient on purpose: alternatives (oneOf, anyOf) of objects are merged into one object whose alternative
properties are optional, because the table is used to catch mistakes and must not invent any.
"""

# Larger enumerations are lists of instance types, regions or locales, which grow without notice.
LARGEST_ENUM = 24
SCALARS = {"string": ("string", None), "integer": ("integer",), "number": ("number",), "boolean": ("boolean",)}


def properties_of(path):
    """The segments of a /properties/A/B pointer; some sources repeat `properties` or write `items` for `*`."""
    segments = path.split("/")[2:]
    return ["*" if segment in ("items", "[]") else segment for segment in segments if segment != "properties"]


class Trees:
    """Definitions of one type: `bodies[0]` is the resource itself."""

    def __init__(self, schema):
        self.schema = schema
        self.bodies, self.places, self.pending, self.kept = [], {}, [], []
        root = {key: schema[key] for key in ("properties", "required", "patternProperties", "allOf", "anyOf", "oneOf")
                if key in schema}
        self.place("", root)
        while self.pending:
            index, node = self.pending.pop(0)
            self.bodies[index] = self.body(node)

    def place(self, key, node):
        """The definition index of an object node, queued for building when it is new."""
        if key not in self.places:
            self.places[key] = len(self.bodies)
            self.bodies.append(None)
            self.pending.append((self.places[key], node))
        return self.places[key]

    def resolve(self, node, seen=()):
        """(node without $ref, definition name, pointers followed)."""
        name = ""
        while "$ref" in node:
            pointer = node["$ref"]
            if pointer in seen:
                return {}, "", seen
            seen = (*seen, pointer)
            name = pointer.rsplit("/", 1)[1]
            target = self.schema
            for segment in pointer.split("/")[1:]:
                target = target.get(segment, {})
            node = target
        return node, name, seen

    def branches(self, node, *keys):
        """Alternatives of a node that say something about its shape."""
        found = []
        for key in keys:
            for branch in node.get(key, []):
                shape, _, _ = self.resolve(branch)
                if any(word in shape for word in ("type", "properties", "items", "patternProperties", "oneOf", "anyOf",
                                                  "allOf", "enum")) or isinstance(shape.get("additionalProperties"), dict):
                    found.append(branch)
        return found

    def named(self, node, depth=0):
        """Whether a node is an object with named properties."""
        node, _, _ = self.resolve(node)
        if depth > 8 or node.get("type", "object") != "object":
            return False
        if node.get("properties"):
            return True
        branches = self.branches(node, "oneOf", "anyOf", "allOf")
        return bool(branches) and all(self.named(branch, depth + 1) for branch in branches)

    def kind(self, node, seen=()):
        if not isinstance(node, dict):
            return ("json",)
        node, name, seen = self.resolve(node, seen)
        kinds = node.get("type")
        if isinstance(kinds, list):
            kinds = [one for one in kinds if one != "null"]
        if isinstance(kinds, list) and len(kinds) == 1:
            kinds = kinds[0]
        if isinstance(kinds, list):
            if sorted(kinds) == ["object", "string"] and not node.get("properties"):
                return ("document",)
            if len(kinds) > 3 or ("object" in kinds and not node.get("properties")):
                return ("json",)
            return union([self.object(node, name) if one == "object" else self.kind(
                {key: node[key] for key in ("enum", "items", "insertionOrder", "uniqueItems") if key in node}
                | {"type": one}, seen) for one in kinds])
        if self.named(node):
            return self.object(node, name)
        if kinds in SCALARS:
            enum = node.get("enum")
            if kinds == "string" and enum and len(enum) <= LARGEST_ENUM and all(isinstance(one, str) for one in enum):
                return ("string", tuple(enum))
            return SCALARS[kinds]
        if kinds == "array" or (kinds is None and "items" in node):
            items = node.get("items", {})
            item = union([self.kind(one, seen) for one in items]) if isinstance(items, list) else self.kind(items, seen)
            return ("list", node.get("insertionOrder", True) is not False, node.get("uniqueItems", False) is True, item)
        values = list(node.get("patternProperties", {}).values())
        if isinstance(node.get("additionalProperties"), dict):
            values.append(node["additionalProperties"])
        if values:
            return ("map", union([self.kind(value, seen) for value in values]))
        branches = self.branches(node, "oneOf", "anyOf", "allOf")
        if branches:
            return union([self.kind(branch, seen) for branch in branches])
        if kinds is None and "enum" in node and all(isinstance(one, str) for one in node["enum"]):
            return self.kind({**node, "type": "string"}, seen)
        return ("map", ("json",)) if kinds == "object" else ("json",)

    def object(self, node, name):
        self.kept.append(node)  # its id() names it: it must stay alive
        return ("object", self.place(name or id(node), node))

    def body(self, node):
        """{"properties": [(name, required, kind)], "rest": kind of other members or None}."""
        kinds, required, rest = {}, set(), []
        self.collect(node, kinds, required, rest, certain=True, depth=0)
        return {
            "properties": [(name, name in required, union(found)) for name, found in kinds.items()],
            "rest": union(rest) if rest else None,
        }

    def collect(self, node, kinds, required, rest, certain, depth):
        node, _, _ = self.resolve(node)
        for name, value in node.get("properties", {}).items():
            found = self.kind(value)
            # An alternative that only narrows a property (a pattern, a constant) says nothing of its kind.
            if found != ("json",) or name not in kinds:
                kinds.setdefault(name, []).append(found)
        if certain:
            required |= set(node.get("required", []))
        rest += [self.kind(value) for value in node.get("patternProperties", {}).values()]
        if isinstance(node.get("additionalProperties"), dict):
            rest.append(self.kind(node["additionalProperties"]))
        elif node.get("additionalProperties") is True:
            rest.append(("json",))
        if depth < 8:
            for branch in node.get("allOf", []):
                self.collect(branch, kinds, required, rest, certain, depth + 1)
            for branch in node.get("oneOf", []) + node.get("anyOf", []):
                self.collect(branch, kinds, required, rest, False, depth + 1)

    def cut(self):
        """Keeps the top-level properties; what they hold becomes free-form JSON unless it is a scalar."""
        self.bodies = self.bodies[:1]
        self.bodies[0]["properties"] = [
            (name, required, kind if kind[0] in SCALARS else ("json",))
            for name, required, kind in self.bodies[0]["properties"]]

    def normal(self, pointer):
        """`A/*/B` for a pointer, with the `*` that some schemas leave out where a list is entered."""
        out, kind = [], ("object", 0)
        for segment in properties_of(pointer):
            while kind is not None and kind[0] == "list" and segment != "*":
                out.append("*")
                kind = kind[3]
            out.append(segment)
            kind = self.step(kind, segment)
        return "/".join(out)

    def at(self, segments):
        """The kind at a path, None where there is none."""
        kind = ("object", 0)
        for segment in segments:
            kind = self.step(kind, segment)
        return kind

    def step(self, kind, segment):
        match kind:
            case ("object", index):
                body = self.bodies[index]
                for name, _, found in body["properties"]:
                    if name == segment:
                        return found
                return body["rest"]
            case ("list", _, _, item) if segment == "*" or segment.isdigit():
                return item
            case ("map", value):
                return value
            case ("json",) | ("document",):
                return ("json",)
            case ("union", kinds):
                return next((found for one in kinds if (found := self.step(one, segment)) is not None), None)
        return None

    def leaves(self, kind=("object", 0), prefix="", depth=0):
        """Dotted names of properties that GetAtt can name when it may name all: no lists of objects or lists."""
        for name, _, found in self.bodies[kind[1]]["properties"]:
            match found:
                case ("object", _) if depth < 4:
                    yield from self.leaves(found, f"{prefix}{name}.", depth + 1)
                case ("list", _, _, ("object" | "list", *_)) | ("object", _):
                    pass
                case _:
                    yield prefix + name


def union(kinds):
    """One kind out of several: equal ones once, enumerations widened, `json` swallows the rest."""
    found = []
    if ("document",) in kinds and any(kind != ("document",) for kind in kinds):
        kinds = [one for kind in kinds
                 for one in ((("map", ("json",)), SCALARS["string"]) if kind == ("document",) else (kind,))]
    for kind in kinds:
        for one in kind[1] if kind[0] == "union" else (kind,):
            if one[0] == "string":
                same = next((i for i, other in enumerate(found) if other[0] == "string"), None)
                if same is not None:
                    old = found[same][1]
                    values = None if old is None or one[1] is None else tuple(dict.fromkeys(old + one[1]))
                    found[same] = ("string", values)
                    continue
            if one not in found:
                found.append(one)
    if not found or ("json",) in found:
        return ("json",)
    return found[0] if len(found) == 1 else ("union", tuple(found))
