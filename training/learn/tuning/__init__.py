"""Cross-validations of many configurations, the next chosen by the last."""
