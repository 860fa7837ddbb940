"""Review, mend, train on and predict nerve masks in ultrasound: the napari plugin.

The tour, from the ground up; each room knows those before it alone:

- ``_engine``: the only door to the engine, the package ``training``
- ``review``: the one document, `ReviewSession`: frames, labels, conflicts, undo; no Qt
- ``jobs``: worker processes, started, watched and ended
- ``canvas``: napari's layers: frames, masks, contrast, colours
- ``window``: what all panels share: `ReviewContext`, keys, workers, small controls
- ``frames``, ``conflicts``, ``look``, ``statistics`` (the tab Data), ``mend``,
  ``train``, ``predict``, ``reading`` (how a folder is read): a use each, and none
  knows another
- ``shell``: the dock with its header, tabs, keys and tour; it alone knows all uses
"""
