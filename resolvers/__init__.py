"""The verbs: one module an area, one function a change."""
