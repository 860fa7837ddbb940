"""The dock "Nerve review": header, tabs, keys, tour; it alone knows all uses."""
