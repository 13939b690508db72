"""What `from CommonServerPython import *` gives where no content checkout is at hand."""
