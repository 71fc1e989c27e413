"""Only what we use of openpyxl."""

from typing import BinaryIO

from openpyxl.workbook import Workbook as Workbook

DEFUSEDXML: bool

def load_workbook(filename: BinaryIO, *, read_only: bool = ..., keep_links: bool = ...) -> Workbook: ...
