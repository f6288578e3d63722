"""``python -m haven_server.settings_file`` prints the JSON schema that editors read: config/haven.schema.json."""

import json
import sys

from haven_server.settings_file.schema import settings_schema

sys.stdout.write(json.dumps(settings_schema(), indent=2) + "\n")
