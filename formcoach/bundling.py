"""The bundle that MediaPipe asks for, made of the two networks that an older wheel of it carries."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import zipfile
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from formcoach.errors import FormCoachError, reason

if TYPE_CHECKING:
    from collections.abc import Sequence

DETECTOR = "pose_detector.tflite"
LANDMARKS = "pose_landmarks_detector.tflite"
"""The networks by their names in a bundle."""

_ZIP_HEADER = 30  # bytes before a member's name


@dataclass(frozen=True, slots=True)
class Pin:
    """What bytes must be to be used: their SHA-256, in hex, and their size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Network:
    """One TFLite network inside the wheel, and what it becomes.

    Attributes:
        member: its name in the wheel.
        name: its name in the bundle.
        pin: what its bytes must be.
        mean, std: a pixel value p of 0 to 255 is fed to it as (p - mean) / std.
    """

    member: str
    name: str
    pin: Pin
    mean: float
    std: float


NETWORKS: tuple[Network, ...] = (
    Network(
        member="mediapipe/modules/pose_detection/pose_detection.tflite",
        name=DETECTOR,
        pin=Pin("9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c", 2_959_046),
        mean=127.5,
        std=127.5,
    ),
    Network(
        member="mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
        name=LANDMARKS,
        pin=Pin("e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f", 6_440_512),
        mean=0.0,
        std=255.0,
    ),
)


def read_networks(wheel: Path, networks: Sequence[Network]) -> list[bytes]:
    """The networks in a wheel, and nothing else of it, in the order asked for.

    Raises:
        FormCoachError: one is missing, or is not what its pin says.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            return [_read_pinned(archive, network) for network in networks]
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise FormCoachError(f"the wheel is damaged ({reason(error)})") from error


def _read_pinned(archive: zipfile.ZipFile, network: Network) -> bytes:
    try:
        member = archive.getinfo(network.member)
    except KeyError:
        raise FormCoachError(f"there is no {network.member} in the wheel") from None
    # The size is looked at first: nobody can make us unpack more than we expect.
    data = archive.read(member) if member.file_size == network.pin.size else b""
    if hashlib.sha256(data).hexdigest() != network.pin.sha256:
        raise FormCoachError(f"{network.member} in the wheel is not the network expected (its SHA-256 differs)")
    return data


def bundle(networks: Sequence[Network], data: Sequence[bytes]) -> bytes:
    """A .task file for MediaPipe's pose landmarker; from the same networks, the same bytes at any time.

    Raises:
        FormCoachError: the MediaPipe that is installed no longer brings what describes a network's metadata.
    """
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:
        for network, model in zip(networks, data, strict=True):
            member = zipfile.ZipInfo(network.name)  # dated 1980, so that the time of day is not in the bytes
            member.create_system, member.external_attr = 3, 0o644 << 16  # the same from every system
            member.extra = _padding(whole.tell() + _ZIP_HEADER + len(network.name))
            archive.writestr(member, _with_metadata(model, network.mean, network.std))
    return whole.getvalue()


def _padding(offset: int) -> bytes:
    """A ZIP extra field that moves what follows, `offset` bytes into the file, on to a multiple of 16.

    MediaPipe hands a network to TFLite where it lies in the file, and not every processor reads numbers that
    are not aligned.
    """
    fill = -(offset + 4) % 16  # 4: the field's own header, a tag that stands for alignment and the length
    return (0xD935).to_bytes(2, "little") + fill.to_bytes(2, "little") + bytes(fill)


def _with_metadata(network: bytes, mean: float, std: float) -> bytes:
    """The network with the note on its input that MediaPipe Tasks asks for."""
    import flatbuffers

    tflite = _schema("schema_py_generated")
    model = tflite.ModelT.InitFromObj(tflite.Model.GetRootAsModel(network, 0))
    note = tflite.BufferT()
    note.data = list(_metadata(mean, std))
    model.buffers = [*(model.buffers or []), note]
    entry = tflite.MetadataT()
    entry.name, entry.buffer = b"TFLITE_METADATA", len(model.buffers) - 1
    model.metadata = [*(model.metadata or []), entry]
    builder = flatbuffers.Builder(len(network))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _metadata(mean: float, std: float) -> bytes:
    """A flatbuffer that says: the input is an RGB picture, to be normalized by this mean and deviation."""
    import flatbuffers

    schema = _schema("metadata_schema_py_generated")
    options = schema.NormalizationOptionsT()
    options.mean, options.std = [mean], [std]
    unit = schema.ProcessUnitT()
    unit.optionsType, unit.options = schema.ProcessUnitOptions.NormalizationOptions, options
    picture = schema.ImagePropertiesT()
    picture.colorSpace = schema.ColorSpaceType.RGB
    content = schema.ContentT()
    content.contentPropertiesType, content.contentProperties = (
        schema.ContentProperties.ImageProperties,
        picture,
    )
    tensor = schema.TensorMetadataT()
    tensor.name, tensor.content, tensor.processUnits = "input", content, [unit]
    graph = schema.SubGraphMetadataT()
    graph.inputTensorMetadata = [tensor]
    metadata = schema.ModelMetadataT()
    metadata.name, metadata.subgraphMetadata = "pose", [graph]
    builder = flatbuffers.Builder(0)
    builder.Finish(metadata.Pack(builder), b"M001")
    return bytes(builder.Output())


@cache
def _schema(name: str) -> Any:
    """One of the generated modules in MediaPipe's tasks/metadata, without importing the whole of MediaPipe.

    Raises:
        FormCoachError: the MediaPipe that is installed does not bring it.
    """
    package = importlib.util.find_spec("mediapipe")
    if not package or not package.origin:
        raise FormCoachError("MediaPipe is not installed")
    path = Path(package.origin).parent / "tasks" / "metadata" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"formcoach._{name}", path)
    if not path.exists() or not spec or not spec.loader:
        raise FormCoachError(f"the MediaPipe that is installed has no {path.name}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
