"""What the gateway tells its operators: logs, metrics, and the trace it keeps whole."""
