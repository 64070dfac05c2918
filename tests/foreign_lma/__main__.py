"""python -m foreign_lma SETTINGS.toml [--defect NAME ...]: serve until it is ended."""

import argparse
import logging
from pathlib import Path

from foreign_lma.defects import DEFECTS
from foreign_lma.lma import LocalMobilityAnchor
from foreign_lma.settings import read_settings
from foreign_lma.sockets import Server

parser = argparse.ArgumentParser("foreign_lma")
parser.add_argument("settings", type=Path)
parser.add_argument("--defect", action="append", default=[], choices=DEFECTS)
arguments = parser.parse_args()
for name in arguments.defect:
    DEFECTS[name]()
logging.basicConfig(level=logging.INFO, format="%(message)s")
Server(LocalMobilityAnchor(read_settings(arguments.settings))).run()
