#!/usr/bin/env python3
"""Writes wasm-core/schema/table.bin, the table of all CloudFormation resource types, and names.tsv, lists.tsv and
owned.tsv beside it.

Promises: the same sources give the same bytes. Sources are fetched by name and pinned version into target/ (pip and
npm must be on PATH), checked against their SHA-256, and never executed. Run it by hand after raising a pin:

    python3 scripts/generate-schema.py            # writes the table, prints what it holds
    python3 scripts/generate-schema.py --check    # exit 1 when the committed table differs

The layout of the table is described in wasm-core/src/schema/table.rs, which reads it; `schema_tree.py` beside this
file turns JSON Schema into property trees, `schema_names.py` says which properties name a resource, `schema_lists.py` what a list
is asked with, `schema_owned.py` what ownership tags meet. What AWS's data does not say is in wasm-core/schema/*.tsv and *.txt (durations,
stateful types, what Ref returns, kinds that a source loosened).
"""

import ast
import collections
import gzip
import hashlib
import json
import pathlib
import subprocess
import sys
import tarfile
import zipfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import schema_lists  # noqa: E402
import schema_names  # noqa: E402
import schema_owned  # noqa: E402
from schema_tree import Trees  # noqa: E402

GENERATED_ON = "2026-11-23"
CFN_LINT = ("1.58.0", "cfn_lint-1.58.0-py3-none-any.whl",
            "9d9f06043160756a6158f5c3f92a44ce38254b1c578127461608305bc8262987")
SERVICE_SPEC = ("0.1.216", "aws-cdk-aws-service-spec-0.1.216.tgz",
                "2305b840c961bf7ab982a3e67a44cd2fe1f8fad78d8f2598c0fd36fbf17c9af8")
# A type absent from the first region is taken from the next that has it.
REGIONS_FIRST = ["us-east-1", "us-west-2", "eu-west-1"]
HANDLERS = ["create", "read", "update", "delete", "list"]
FORMAT = 1

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT / "wasm-core" / "schema"
CACHE = ROOT / "target" / "schema-sources"


def fetch(file, sha256, command):
    """Path of a pinned source file, downloaded when it is not there yet."""
    path = CACHE / file
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run(command, cwd=CACHE, check=True, stdout=subprocess.DEVNULL)
    if hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
        sys.exit(f"{path}: not the pinned file (SHA-256 differs)")
    return path


def registry():
    """Registry schemas by type name, the date they were collected, and cfn-lint's rules for GetAtt."""
    version, file, sha256 = CFN_LINT
    wheel = zipfile.ZipFile(fetch(file, sha256, [
        sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", f"cfn-lint=={version}"]))
    base = "cfnlint/data/schemas/"
    regions = sorted(name.removeprefix(base + "providers/").removesuffix(".json") for name in wheel.namelist()
                     if name.startswith(base + "providers/") and name.endswith(".json"))
    regions.remove("sam")
    schemas = {}
    for region in REGIONS_FIRST + [region for region in regions if region not in REGIONS_FIRST]:
        for name, digest in json.loads(wheel.read(f"{base}providers/{region}.json")).items():
            if name not in schemas:
                schemas[name] = json.loads(wheel.read(f"{base}resources/{digest}.json"))
    date = json.loads(wheel.read(base + "version.json"))["schema_date"][:10]
    lists = {}
    for node in ast.parse(wheel.read("cfnlint/schema/_getatts.py")).body:
        if isinstance(node, ast.Assign) and node.targets[0].id in ("_all_property_types", "_exceptions"):
            lists[node.targets[0].id] = ast.literal_eval(node.value)
    return schemas, date, set(lists["_all_property_types"]), lists["_exceptions"]


def service_spec():
    """Resources of aws-service-spec by type name."""
    version, file, sha256 = SERVICE_SPEC
    path = fetch(file, sha256, ["npm", "pack", "--silent", f"@aws-cdk/aws-service-spec@{version}"])
    with tarfile.open(path) as archive:
        database = json.loads(gzip.decompress(archive.extractfile("package/db.json.gz").read()))
    return {entity["cloudFormationType"]: entity for entity in database["schema"]["resource"]["entities"]}


def holds_data(name, schema, spec):
    """The rule that the list of stateful types is held to."""
    last = name.rsplit("::", 1)[1]
    protected = any(prop.startswith("DeletionProtection") for prop in schema.get("properties", {}))
    return bool(spec.get("isStateful")) or protected or last.endswith(("Snapshot", "Volume"))


def rows(file):
    """Fields of a hand-kept file, comments and blank lines left out."""
    lines = (DATA / file).read_text().splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


class Writer:
    """Bytes of which strings are placeholders until it is known which of them go into the pool."""

    uses = collections.Counter()
    offsets = {}

    def __init__(self):
        self.parts = []

    def number(self, value):
        self.parts.append(varint(int(value)))
        return self

    def string(self, text):
        Writer.uses[text] += 1
        self.parts.append(text)
        return self

    def strings(self, texts):
        self.number(len(texts))
        for text in texts:
            self.string(text)
        return self

    def raw(self, data):
        self.parts.append(data)
        return self

    def bytes(self):
        return b"".join(part if isinstance(part, bytes) else placed(part) for part in self.parts)


def varint(value):
    """LEB128."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def framed(text):
    data = text.encode()
    return varint(len(data)) + data


def placed(text):
    """Even: twice the offset in the pool; odd: twice the length plus one, then the string itself."""
    if text in Writer.offsets:
        return varint(Writer.offsets[text] << 1)
    data = text.encode()
    return varint(len(data) << 1 | 1) + data


def lay_out_pool():
    """Strings that are cheaper said once, most used first; remembers the offsets."""
    pool = bytearray()
    for text, uses in sorted(Writer.uses.items(), key=lambda use: (-use[1], use[0])):
        size = len(text.encode()) + 1
        if uses * size > size + 3 * uses:
            Writer.offsets[text] = len(pool)
            pool += framed(text)
    return bytes(pool)


def reference(name, identifier, spec, overrides):
    """What Ref returns: ("identifier",), ("part", index), ("property", name) or ("rule",)."""
    given = [overrides[name]] if name in overrides else spec.get("cfnRefIdentifier")
    if given is None or given == identifier:
        return ("identifier",)
    if name == "AWS::Events::Rule":
        return ("rule",)
    if len(given) != 1:
        sys.exit(f"{name}: Ref of several properties {given} is not known to this script")
    if given[0] in identifier:
        return ("part", identifier.index(given[0])) if len(identifier) > 1 else ("identifier",)
    return ("property", given[0])


def attributes(name, spec, trees, read_only, all_properties, exceptions):
    """GetAtt names: read-only properties without wildcards, what the specification adds, cfn-lint's special cases."""
    if name in ("AWS::CloudFormation::CustomResource",):
        return ["*"]
    names = {path.replace("/", ".") for path in read_only if "*" not in path}
    names |= set(spec.get("attributes", {}))
    names |= set(exceptions.get(name, []))
    if name in all_properties:
        names |= set(trees.leaves())
    if name in ("AWS::CloudFormation::Stack", "AWS::ServiceCatalog::CloudFormationProvisionedProduct"):
        names.discard("Outputs")
        names.add("Outputs.*")
    return sorted(names)


def tagging(schema, trees):
    """(property, shape, onCreate, updatable, systemTags) or None; shape: 0 other, 1 list of Key/Value, 2 map, 3 the
    list of an Auto Scaling group, which also wants PropagateAtLaunch."""
    declared = schema.get("tagging", {})
    if not declared.get("taggable", schema.get("taggable", True)):
        return None
    path = declared.get("tagProperty", "/properties/Tags").split("/")[2:]
    kind = next((kind for name, _, kind in trees.bodies[0]["properties"] if [name] == path), None)
    if kind is None:
        return None
    shape = 0
    if kind[0] == "map":
        shape = 2
    elif kind[0] == "list" and kind[3][0] == "object":
        keys = {key for key, *_ in trees.bodies[kind[3][1]]["properties"]}
        if {"Key", "Value"} <= keys:
            shape = 3 if "PropagateAtLaunch" in keys else 1
    return (path[0], shape, declared.get("tagOnCreate", True), declared.get("tagUpdatable", True),
            declared.get("cloudFormationSystemTags", True))


def record(name, schema, spec, facts, counts):
    """The bytes (with placeholders) of one type."""
    trees = Trees(schema)
    paths = lambda key: sorted({trees.normal(path) for path in schema.get(key, [])})  # noqa: E731
    identifier = [trees.normal(path) for path in schema["primaryIdentifier"]]
    read_only = paths("readOnlyProperties")
    handlers = schema.get("handlers", {})
    tags = tagging(schema, trees)
    flags = sum(1 << bit for bit, handler in enumerate(HANDLERS) if handler in handlers)
    flags |= (name in facts["stateful"]) << 5
    flags |= (schema.get("replacementStrategy") == "delete_then_create") << 6
    flags |= (tags is not None) << 7
    if tags:
        flags |= tags[2] << 8 | tags[3] << 9 | tags[4] << 10

    out = Writer().number(flags)
    for seconds in facts["durations"].get(name, (None,) * 3):
        out.number(0 if seconds is None else seconds + 1)
    for handler in ("create", "update", "delete"):
        out.number(handlers.get(handler, {}).get("timeoutInMinutes", 0))
    ref = reference(name, identifier, spec, facts["references"])
    out.number(["identifier", "part", "property", "rule"].index(ref[0]))
    if ref[0] == "part":
        out.number(ref[1])
    elif ref[0] == "property":
        out.string(ref[1])
    if tags:
        out.string(tags[0]).number(tags[1])

    out.strings(identifier)
    for key in ("createOnlyProperties", "conditionalCreateOnlyProperties", "readOnlyProperties", "writeOnlyProperties"):
        out.strings(paths(key))
    names = attributes(name, spec, trees, read_only, facts["all_properties"], facts["exceptions"])
    out.strings([attribute for attribute in names if attribute not in read_only])
    additional = [[trees.normal(path) for path in ([paths] if isinstance(paths, str) else paths)]
                  for paths in schema.get("additionalIdentifiers", [])]
    out.number(len(additional))
    for one in additional:
        out.strings(one)
    transforms = sorted((trees.normal(path), text) for path, text in schema.get("propertyTransform", {}).items())
    out.number(len(transforms))
    for path, text in transforms:
        out.string(path).string(text)
    encode_permissions(out, handlers)

    counts["attributes without property"] += sum(
        1 for attribute in names if "*" not in attribute and trees.at(attribute.split(".")) is None)
    counts["paths without property"] += sum(
        1 for key in ("createOnlyProperties", "readOnlyProperties", "writeOnlyProperties")
        for path in paths(key) if trees.at(path.split("/")) is None)
    if not handlers:
        # Nobody can deploy it: its top-level properties are enough to refuse it well.
        trees.cut()
    top = trees.bodies[0]
    top["properties"] = [(key, required and key not in read_only, kind) for key, required, kind in top["properties"]]
    return out, trees


def encode_permissions(out, handlers):
    """Groups of equal handler set and equal service prefix: mask, prefix, actions."""
    masks = collections.defaultdict(int)
    for bit, handler in enumerate(HANDLERS):
        for action in handlers.get(handler, {}).get("permissions", []):
            masks[action] |= 1 << bit
    groups = collections.defaultdict(list)
    for action, mask in sorted(masks.items()):
        service, _, operation = action.partition(":")
        groups[mask, service].append(operation)
    out.number(len(groups))
    for (mask, service), operations in sorted(groups.items()):
        out.number(mask).string(service).strings(operations)


class Definitions:
    """Object definitions of all types, equal ones once. Two are equal when their members and everything reachable
    from them are (names of definitions are not kept); recursion makes that a partition to refine, as in the minimization of automata."""

    def __init__(self, forest):
        nodes = [(trees, index) for trees in forest for index in range(len(trees.bodies))]
        self.ids = {(id(trees), index): 0 for trees, index in nodes}
        classes = 0
        while True:
            seen = {}
            step = {}
            for trees, index in nodes:
                key = self.signature(trees, index)
                step[id(trees), index] = seen.setdefault(key, len(seen))
            self.ids = step
            if len(seen) == classes:
                break
            classes = len(seen)
        first = {}
        for trees, index in nodes:
            first.setdefault(self.ids[id(trees), index], (trees, index))
        self.members = [first[number] for number in range(classes)]

    def signature(self, trees, index):
        relabel = lambda kind: self.relabel(trees, kind)  # noqa: E731
        body = trees.bodies[index]
        rest = None if body["rest"] is None else relabel(body["rest"])
        return (rest,
                tuple((name, required, relabel(kind)) for name, required, kind in body["properties"]))

    def relabel(self, trees, kind):
        match kind:
            case ("object", index):
                return ("object", self.ids[id(trees), index])
            case ("list", ordered, unique, item):
                return ("list", ordered, unique, self.relabel(trees, item))
            case ("map", value):
                return ("map", self.relabel(trees, value))
            case ("union", kinds):
                return ("union", tuple(self.relabel(trees, one) for one in kinds))
        return kind

    def encoded(self):
        """A writer per definition."""
        out = []
        for trees, index in self.members:
            rest, properties = self.signature(trees, index)
            here = len(out)
            writer = Writer().number(0 if rest is None else 1)
            if rest is not None:
                encode_kind(writer, rest, here)
            writer.number(len(properties))
            for key, required, kind in properties:
                writer.string(key)
                encode_kind(writer, kind, here, 0x80 if required else 0)
            out.append(writer)
        return out


def encode_kind(out, kind, here, mark=0):
    match kind:
        case ("json",) | ("document",):
            out.raw(bytes([mark]))
        case ("string", None):
            out.raw(bytes([mark | 1]))
        case ("integer",) | ("number",) | ("boolean",):
            out.raw(bytes([mark | 2 + ["integer", "number", "boolean"].index(kind[0])]))
        case ("string", values):
            out.raw(bytes([mark | 5])).strings(values)
        case ("list", ordered, unique, item):
            out.raw(bytes([mark | 8 + (0 if ordered else 1) + (2 if unique else 0)]))
            encode_kind(out, item, here)
        case ("map", value):
            out.raw(bytes([mark | 12]))
            encode_kind(out, value, here)
        case ("object", index):
            # Relative to the definition it stands in, zigzag: definitions of one type are neighbours.
            delta = index - here
            out.raw(bytes([mark | 13])).number(delta << 1 if delta >= 0 else (-delta << 1) - 1)
        case ("union", kinds):
            out.raw(bytes([mark | 14])).number(len(kinds))
            for one in kinds:
                encode_kind(out, one, here)
        case _:
            sys.exit(f"no encoding for {kind}")


def build():
    """The table's bytes and what to print about it."""
    schemas, collected, all_properties, exceptions = registry()
    spec = service_spec()
    facts = {
        "stateful": {name for (name,) in rows("stateful.txt")},
        "references": dict(rows("references.tsv")),
        "durations": {row[0]: tuple(map(int, row[1:])) for row in rows("durations.tsv")[1:]},
        "all_properties": all_properties,
        "exceptions": exceptions,
    }
    for what in ("stateful", "references"):
        if unknown := sorted(set(facts[what]) - set(schemas)):
            sys.exit(f"{what}: no such types: {', '.join(unknown)}")

    stateless = {name for name, _ in rows("stateless.tsv")}
    ruled = {name for name, schema in schemas.items() if holds_data(name, schema, spec.get(name, {}))}
    if missing := sorted(ruled - facts["stateful"] - stateless):
        sys.exit(f"stateful: the rule says these hold data; list or except them: {', '.join(missing)}")
    if needless := sorted(stateless - ruled | stateless & facts["stateful"]):
        sys.exit(f"stateless: no exceptions: {', '.join(needless)}")

    for name, place, shape in rows("kinds.tsv"):
        *parents, last = place.split("/")
        node = schemas[name]
        for segment in parents:
            node = node[segment]
        if last not in node:
            sys.exit(f"kinds: {name} has no {place}")
        node[last] = json.loads(shape)

    counts = collections.Counter()
    records = [(name, *record(name, schemas[name], spec.get(name, {}), facts, counts)) for name in sorted(schemas)]
    definitions = Definitions([trees for _, _, trees in records])
    bodies = definitions.encoded()
    pool = lay_out_pool()

    index, body = bytearray(), bytearray()
    for name, head, trees in records:
        index += len(body).to_bytes(4, "little")
        body += framed(name) + varint(definitions.ids[id(trees), 0]) + head.bytes()
    places, shapes = bytearray(), bytearray()
    for writer in bodies:
        places += len(shapes).to_bytes(4, "little")
        shapes += writer.bytes()
    counts["definitions"] = sum(len(trees.bodies) for _, _, trees in records)
    counts["distinct definitions"] = len(bodies)

    handlers = [set(schema.get("handlers", {})) for schema in schemas.values()]
    totals = {
        "types": len(schemas),
        "provisionable": sum({"create", "delete"} <= present for present in handlers),
        "without handlers": sum(not present for present in handlers),
        "without read handler": sum(bool(present) and "read" not in present for present in handlers),
        "without update handler": sum(bool(present) and "update" not in present for present in handlers),
        "stateful": len(facts["stateful"]),
    }
    meta = b"".join(map(framed, [GENERATED_ON, collected, CFN_LINT[0], SERVICE_SPEC[0]]))
    meta += b"".join(map(varint, totals.values()))
    sections = [meta, bytes(index), bytes(body), bytes(places), bytes(shapes), pool]
    header = bytearray(b"ARST")
    at = 4 + 4 + 4 * len(sections)
    header += FORMAT.to_bytes(4, "little")
    for section in sections:
        header += at.to_bytes(4, "little")
        at += len(section)
    table = bytes(header) + b"".join(sections)
    return table, {"names.tsv": schema_names.text(schemas), "lists.tsv": schema_lists.text(schemas),
                   "owned.tsv": schema_owned.text(schemas)}, {**totals, **counts, "section bytes": [len(s) for s in sections], "section gz": [len(gzip.compress(s,9)) for s in sections], "bytes": len(table),
                   "gzip bytes": len(gzip.compress(table, 9, mtime=0))}


def main():
    table, texts, report = build()
    made = {DATA / "table.bin": table, **{DATA / name: text.encode() for name, text in texts.items()}}
    for what, count in report.items():
        print(f"{what:30} {count}")
    if "--check" in sys.argv[1:]:
        other = [path.name for path, wanted in made.items() if path.read_bytes() != wanted]
        sys.exit(f"not what the sources give: {', '.join(other)}" if other else 0)
    for path, wanted in made.items():
        path.write_bytes(wanted)


if __name__ == "__main__":
    main()
