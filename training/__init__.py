"""The engine of napari-nerveseg: frames, labels, duplicates, learning, prediction.

No Qt and no napari below this package. Importing it costs nothing: every heavy
library is imported by the function that needs it.
"""

__version__ = "0.1.0"

#: Says that this is our ``training``, not some file of that name (see
#: ``napari_nerveseg._engine``).
ENGINE_OF = "napari-nerveseg"
