"""The query that shows a problem: the shortest way there, complete enough to be run."""

from __future__ import annotations

from dataclasses import dataclass

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    TypeNameMetaFieldDef,
    get_named_type,
    is_composite_type,
    is_required_argument,
    is_required_input_field,
)

_SAMPLES = {"Int": "0", "Float": "0.0", "Boolean": "true"}


@dataclass(frozen=True, slots=True)
class Step:
    """A field on the way, and the type it is selected on."""

    type_name: str
    field: str
    needs_fragment: bool
    """Whether the type is one of several here, so that only a fragment selects the field."""


@dataclass(frozen=True, slots=True)
class Witness:
    """The steps from a root to here."""

    operation: str
    """``query``, ``mutation`` or ``subscription``."""

    steps: tuple[Step, ...] = ()

    def then(self, step: Step) -> Witness:
        """Return the way with one more step."""
        return Witness(self.operation, (*self.steps, step))


def print_witness(witness: Witness, schema: GraphQLSchema) -> str:
    """Write the way as an operation, with sample values for required arguments."""
    lines: list[str] = []
    closing: list[str] = []
    indent = "  "
    for number, step in enumerate(witness.steps):
        if step.needs_fragment:
            lines.append(f"{indent}... on {step.type_name} {{")
            closing.append(f"{indent}}}")
            indent += "  "
        type_ = schema.get_type(step.type_name)
        assert isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)  # noqa: S101 – has fields
        last_field = type_.fields.get(step.field, TypeNameMetaFieldDef)
        text = f"{indent}{step.field}{_arguments(last_field)}"
        if number + 1 < len(witness.steps):
            lines.append(f"{text} {{")
            closing.append(f"{indent}}}")
            indent += "  "
        elif is_composite_type(get_named_type(last_field.type)):
            lines.append(f"{text} {{ __typename }}")
        else:
            lines.append(text)
    head = "{" if witness.operation == "query" else f"{witness.operation} {{"
    return "\n".join([head, *lines, *reversed(closing), "}"])


def _arguments(field: GraphQLField) -> str:
    required = [
        f"{name}: {_sample(argument.type)}"
        for name, argument in field.args.items()
        if is_required_argument(argument)
    ]
    return f"({', '.join(required)})" if required else ""


def _sample(type_: GraphQLInputType) -> str:
    """Return a constant of an input type."""
    match type_:
        case GraphQLNonNull():
            return _sample(type_.of_type)
        case GraphQLList():
            return f"[{_sample(type_.of_type)}]"
        case GraphQLEnumType():
            return str(next(iter(type_.values)))
        case GraphQLInputObjectType():
            fields = (
                f"{name}: {_sample(field.type)}"
                for name, field in type_.fields.items()
                if is_required_input_field(field)
            )
            return f"{{{', '.join(fields)}}}"
        case _:
            return _SAMPLES.get(str(type_), '"…"')
