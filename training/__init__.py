"""The engine of napari-nerveseg: frames, labels, duplicates, learning, prediction.

The tour, from the ground up; each part knows those before it alone:

- ``errors``, ``events``, ``files``, ``guarded`` (files from strangers), ``ranks``
- ``data``: a folder understood; frames and masks as arrays; label store; phantom
- ``duplicates``: the exact SSIM join, duplicate groups, conflicts, rules
- ``metrics``: one measure a file; ``networks``: U-Nets, encoders, checkpoints
- ``predict``: the `Predictor`, the decision rule, folders of predictions
- ``learn``: settings, splits, augmentation, fit, run, cross-validation, tuning
- ``report``: reads run folders, writes HTML; exports
- ``commands``: each command described once: its options, and what does it
- ``worker``: takes commands as JSON lines; ``cli``: takes them typed, and prints

No Qt and no napari below this package. Importing it costs nothing: every heavy
library is imported by the function that needs it.
"""

__version__ = "0.1.0"

#: Says that this is our ``training``, not some file of that name (see
#: ``napari_nerveseg._engine``).
ENGINE_OF = "napari-nerveseg"
