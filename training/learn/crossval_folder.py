"""The folder of a cross-validation: a run folder whose parts are runs."""

from __future__ import annotations

from .run_folder import RunFolder

#: The folder of out-of-fold predictions in it.
OUT_OF_FOLD = "oof"


class CrossvalFolder(RunFolder):
    """Writes a cross-validation's folder; parameters as of `RunFolder`.

    ``config.json`` is the last file that is written before the first fold: a folder
    with one can be resumed, and one without holds nothing that is worth keeping.
    """

    def _is_untouched(self) -> bool:
        return super()._is_untouched() and (
            self.resumes or not (self.path / "config.json").exists()
        )
