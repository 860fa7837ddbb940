"""What every description of a command is made of.

A command is one pydantic model of its options, an `Options`, and one function that does
it. The model's text is the command's help, and the text below a field the option's; the
field has the type, the default and the limits, and marks for what these do not say: a
`CommandLine` mark, and what a path is to files. The command line and the worker's JSON
are both read by the model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from ..data.reading import Reading
from ..errors import InputError
from ..events import OnEvent, ShouldStop
from ..files import real_path
from .outputs import Read


class Options(BaseModel):
    """Base of the options of all commands.

    Attributes
    ----------
    keeps_reading
        Whether the project keeps what was chosen on how the data are read.
    has_json
        Whether the command line writes the result as JSON.
    ends_well
        Whether Ctrl-C asks it to stop after its step, and only the second interrupts.
    trains
        Whether it trains.
    """

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        use_attribute_docstrings=True,
        defer_build=True,  # only what is asked for: building all takes half a second
    )

    keeps_reading: ClassVar[bool] = False
    has_json: ClassVar[bool] = True
    ends_well: ClassVar[bool] = False
    trains: ClassVar[bool] = False

    @property
    def outlives_window(self) -> bool:
        """Whether it goes on when the window that started it is gone: a training."""
        return self.trains and not getattr(self, "dry_run", False)

    @property
    def named(self) -> tuple[Any, Any, Any]:
        """How the data are named: the folder, its project folder, how it is read."""
        values = vars(self)
        return values["data"], values["project"], values["reading"]

    @classmethod
    def of(cls, values: Mapping[str, Any], command: str = "") -> Self:
        """Return the options in what a person or a program asked for.

        Parameters
        ----------
        values
            By name.
        command
            What a message calls it.

        Raises
        ------
        InputError
            If one is missing, unknown, or not what it has to be.
        """
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise cls._refusal(error.errors()[0], command) from None

    @classmethod
    def _refusal(cls, error: ErrorDetails, command: str) -> InputError:
        own = error.get("ctx", {}).get("error")
        if isinstance(own, InputError):
            return own
        name = ".".join(map(str, error["loc"]))
        kind, value = error["type"], error["input"]
        if kind in _LIMITS:
            text = _LIMITS[kind].format(**error["ctx"])
            flag = f"--{name.replace('_', '-')}"
            return InputError(f"{flag} is {value}: give {text}.", name)
        text = _WRONG.get(kind, "")
        if not text:
            words = _TYPES.get(kind, error["msg"])
            field = cls.model_fields.get(name)
            if field is not None and type(None) in get_args(field.annotation):
                words += " or null"
            text = f"{{}} has to be {words}, not {value!r}"
        return InputError(f"command {command}: {text.format(name)}", name)


#: What one or more of is to be given, by pydantic's name of the error.
_LIMITS = {"greater_than_equal": "{ge} or more", "greater_than": "more than {gt:g}"}

_WRONG = {"missing": "{} is missing", "extra_forbidden": "there is no setting {!r}"}

#: How a message calls what JSON can carry, by pydantic's name of the error.
_TYPES = {
    "string_type": "text",
    "is_instance_of": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "dict_type": "an object",
    "list_type": "a list",
}

Run = Callable[[Any, OnEvent, ShouldStop], dict[str, Any]]


@dataclass
class Command:
    """A command.

    Attributes
    ----------
    options
        Its description.
    run
        Does it, given the options, ``on_event`` and ``should_stop``; returns its result
        as JSON can carry it, where ``warnings`` are sentences for the user.
    worker_only
        Whether there is no such command on the command line.
    """

    options: type[Options]
    run: Run
    worker_only: bool = False


@dataclass(frozen=True)
class CommandLine:
    """How an option stands on the command line, if not as ``--its-name <type>``.

    Attributes
    ----------
    metavar
        What stands for its value in the help.
    argument
        Whether it goes by its place, without a name.
    hidden
        Whether only programs give it.
    """

    metavar: str | None = None
    argument: bool = False
    hidden: bool = False


class TrainSettings:
    """Marks the settings of a training: one flag each, and ``--config`` for a file."""


def one_of(*words: str) -> AfterValidator:
    """Return a limit: one of these words."""
    named = f"{', '.join(words[:-1])} or {words[-1]}"

    def check(value: str, info: Any) -> str:
        if value not in words:
            raise InputError(
                f"--{info.field_name} {value}: take {named}.", info.field_name
            )
        return value

    return AfterValidator(check)


def _path(value: object) -> object:
    return Path(value) if isinstance(value, str) else value


def _real(value: object) -> object:
    return real_path(value) if isinstance(value, str | Path) else value


def _reading(value: Any) -> Reading:
    if not isinstance(value, Reading | Mapping | None):
        raise PydanticCustomError("object", "an object or null")
    return Reading.of(value)


#: Of a path: taken as it was written, or absolute, with ``~`` and links followed.
AS_WRITTEN, REAL = BeforeValidator(_path), BeforeValidator(_real)

Data = Annotated[
    Path,
    REAL,
    Read.DATA,
    CommandLine("DATA", argument=True),
    Field(description="Folder of frames (with masks), or a multi-page TIFF."),
]
ProjectDir = Annotated[
    Path | None,
    REAL,
    Read.PROJECT,
    CommandLine("DIR"),
    Field(description="Project folder; default: DATA.nerveseg beside the data."),
]
#: How the data are read; each choice has a flag, see `Reading`.
HowRead = Annotated[Reading, PlainValidator(_reading)]
RunFolder = Annotated[
    Path,
    REAL,
    Read.RUN,
    CommandLine("RUN", argument=True),
    Field(description="A run folder."),
]
Snapshot = Annotated[
    str | None, Field(description="Train on the labels of this snapshot.")
]
#: What a training is to be, over its recipe; see `training.learn.TrainConfig`.
Settings = Annotated[dict[str, Any], TrainSettings()]
SsimThreshold = Annotated[
    float, Field(description="Pairs above this SSIM are duplicates.")
]
SsimWindow = Annotated[str, Field(description="Of the SSIM: uniform7 or gaussian.")]
ShapeDice = Annotated[
    float, Field(description="Nerves of one group below this Dice disagree.")
]
Device = Annotated[str, Field(description="auto, cpu, cuda, cuda:1 (…) or mps.")]
