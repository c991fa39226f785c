# What Prometheus' own parser makes of texts: a JSON list of them on stdin, a JSON list of families or refusals on stdout.
import json
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families


def parsed(text):
    try:
        families = list(text_string_to_metric_families(text))
    except Exception as error:  # Refusals have many classes.
        return {"refused": str(error) or type(error).__name__}
    return {
        "families": [
            {
                "name": family.name,
                "type": family.type,
                "unit": family.unit,
                "samples": [[sample.name, sample.labels, sample.value] for sample in family.samples],
            }
            for family in families
        ]
    }


json.dump([parsed(text) for text in json.load(sys.stdin)], sys.stdout)
