# SPDX-License-Identifier: MIT
"""klingrec - ask the Kling "image-recognize" service what an image contains.

    with klingrec.Client(key) as client:
        result = client.recognize("hero.png")
        if result.contains(klingrec.Kind.HEAD | klingrec.Kind.FACE):
            print("good enough for an avatar")

A failure raises klingrec.Error. klingrec.h describes each value and limit; what is 0 or
None here takes the default that stands there in brackets. docs/python.md has more.
"""
from ._client import Client, Job
from ._declarations import (ENDPOINT_COMETAPI, ENDPOINT_KLING, Delivery, Finality, Format,
                            Kind, Phase, Rule, Status)
from ._declarations import VERSION_STRING as __version__
from ._values import (Error, Image, ImageInfo, Limits, Region, Result, Source, base64,
                      check, url, version)

__all__ = [
    "ENDPOINT_COMETAPI", "ENDPOINT_KLING", "Client", "Delivery", "Error", "Finality",
    "Format", "Image", "ImageInfo", "Job", "Kind", "Limits", "Phase", "Region", "Result",
    "Rule", "Source", "Status", "base64", "check", "url", "version",
]

# Messages and pickles name what users import.
for _name in __all__:
    if isinstance(globals()[_name], type):
        globals()[_name].__module__ = __name__
