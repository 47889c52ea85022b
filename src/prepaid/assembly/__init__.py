"""The only place where real parts are chosen and joined."""

from prepaid.adapters.logs import to_stderr as log_to_stderr
from prepaid.assembly.counting import Counting, counted, kept, metrics
from prepaid.assembly.desks import check_printer, clock, open_desk, seals_of
from prepaid.assembly.proxies import ROUTES_FILE, load_routes, open_proxy
from prepaid.assembly.service import application, serving
from prepaid.assembly.work import check_post, jobs, working
from prepaid.settings import SANDBOX

__all__ = [
    "ROUTES_FILE",
    "SANDBOX",
    "Counting",
    "application",
    "check_post",
    "check_printer",
    "clock",
    "counted",
    "jobs",
    "kept",
    "load_routes",
    "log_to_stderr",
    "metrics",
    "open_desk",
    "open_proxy",
    "seals_of",
    "serving",
    "working",
]
