"""What a person sees and touches, without the panels' layout.

`layer_bridge` is the only writer of ``layer.data``; `desk` holds what the panels
share. Nothing here imports torch.
"""
