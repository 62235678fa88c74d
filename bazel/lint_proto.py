"""Checks that everything in the API is documented: lint_proto.py FILE.proto..., run from the project's root.

Every file, service, method, message, field, oneof, enum and enum value needs a comment before it (a file before its `syntax`
line). The comment must be a sentence: it starts with a capital or a quoted name and ends with a full stop. Prints a line for
each violation and exits with 1 if there is one.
"""

import re
import subprocess
import sys
import tempfile

from google.protobuf import descriptor_pb2

# The places of elements in a descriptor: the number of a repeated field -> (kind of element, its own such map).
_FIELD = ("field", {})
_ONEOF = ("oneof", {})
_ENUM = ("enum", {2: ("value", {})})
_MESSAGE_PARTS = {2: _FIELD, 4: _ENUM, 8: _ONEOF}
_MESSAGE = ("message", _MESSAGE_PARTS)
_MESSAGE_PARTS[3] = _MESSAGE
_FILE_PARTS = {4: _MESSAGE, 5: _ENUM, 6: ("service", {2: ("method", {})})}

_SYNTAX_PATH = (12,)
_SENTENCE = re.compile(r"[A-Z`].*\.\Z", re.DOTALL)


def describe(protos):
    """Returns the descriptors of .proto files, with their comments."""
    with tempfile.NamedTemporaryFile() as output:
        command = ["protoc", "--proto_path=proto", "--include_source_info", "--descriptor_set_out=" + output.name]
        subprocess.run(command + protos, check=True)
        return descriptor_pb2.FileDescriptorSet.FromString(output.read()).file


def elements(parent, parts, path=()):
    """Yields (path in the descriptor, kind, name) of every element below `parent`."""
    for number, (kind, inner) in sorted(parts.items()):
        field = parent.DESCRIPTOR.fields_by_number[number]
        for index, child in enumerate(getattr(parent, field.name)):
            # Skip the messages that protoc generates for map fields.
            if kind == "message" and child.options.map_entry:
                continue
            here = path + (number, index)
            yield here, kind, child.name
            yield from elements(child, inner, here)


def problems(file):
    """Yields a line for each element of `file` whose comment is missing or not a sentence."""
    locations = {tuple(location.path): location for location in file.source_code_info.location}
    file_comments = locations[_SYNTAX_PATH].leading_detached_comments
    if not file_comments and not locations[_SYNTAX_PATH].leading_comments:
        yield f"proto/{file.name}:1: the file: no comment before `syntax`"
    for path, kind, name in elements(file, _FILE_PARTS):
        # Skip the oneof that protoc generates for each `optional` field: it has no place in the file.
        if kind == "oneof" and path not in locations:
            continue
        location = locations[path]
        comment = location.leading_comments.strip()
        where = f"proto/{file.name}:{location.span[0] + 1}: {kind} {name}"
        if not comment:
            yield where + ": no comment"
        elif not _SENTENCE.match(comment):
            yield where + ": the comment is not a sentence (capital letter, full stop)"


def main(protos):
    found = [line for file in describe(protos) for line in problems(file)]
    print("\n".join(found) if found else "every element is documented")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
