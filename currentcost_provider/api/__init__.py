"""The HTTP interface, version 1: from requests to the service and back."""
