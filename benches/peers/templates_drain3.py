"""Log lines to templates with Drain3 and masks. Arguments: a file of lines, optionally a table to write."""

import csv
import logging
import sys

from drain3 import TemplateMiner
from drain3.masking import MaskingInstruction
from drain3.template_miner_config import TemplateMinerConfig

from cost import measure

logging.disable(logging.CRITICAL)

# Times, ids, addresses, hexadecimal and decimal numbers.
MASKS = [
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?Z?", "TIME"),
    (r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID"),
    (r"((?<=[^A-Za-z0-9])|^)(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})((?=[^A-Za-z0-9])|$)", "IP"),
    (r"((?<=[^A-Za-z0-9])|^)(0x[a-fA-F0-9]+)((?=[^A-Za-z0-9])|$)", "HEX"),
    (r"((?<=[^A-Za-z0-9])|^)([\-\+]?\d+)((?=[^A-Za-z0-9])|$)", "NUM"),
]

config = TemplateMinerConfig()
config.masking_instructions = [MaskingInstruction(pattern, name) for pattern, name in MASKS]
with open(sys.argv[1], encoding="utf-8") as file:
    lines = file.read().splitlines()


def mine():
    miner = TemplateMiner(config=config)
    found = [miner.add_log_message(line)["cluster_id"] for line in lines]
    return found, {cluster.cluster_id: cluster.get_template() for cluster in miner.drain.clusters}


found, templates = measure(mine)
if len(sys.argv) > 2:
    with open(sys.argv[2], "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["LineId", "ClusterId", "Template"])
        for line, cluster in enumerate(found, start=1):
            # Masks become the mark of a variable.
            template = templates[cluster]
            for _, name in MASKS:
                template = template.replace(f"<{name}>", "<*>")
            writer.writerow([line, cluster, template])
