"""The countries of the company routes: the reference's list, and TEST for the sandbox register."""

from typing import Final, Literal

TEST: Final = "TEST"

Country = Literal[
    "AT", "BE", "BG", "CH", "CN", "CZ", "CY", "DE", "DK", "EE", "ES", "FI", "FR", "GB",
    "GG", "GR", "HK", "HR", "HU", "IE", "IS", "IT", "JE", "LI", "LU", "LV", "MC", "MT",
    "MU", "NL", "NO", "PL", "PT", "RO", "RU", "SE", "SG", "SI", "SK", "VG", "TEST",
]  # fmt: skip

#: ISO 3166-1: two letters → three, in lower case, as SKUs begin (`fra-company-data`).
ISO3: Final[dict[str, str]] = {
    "AT": "aut", "BE": "bel", "BG": "bgr", "CH": "che", "CN": "chn", "CZ": "cze", "CY": "cyp",
    "DE": "deu", "DK": "dnk", "EE": "est", "ES": "esp", "FI": "fin", "FR": "fra", "GB": "gbr",
    "GG": "ggy", "GR": "grc", "HK": "hkg", "HR": "hrv", "HU": "hun", "IE": "irl", "IS": "isl",
    "IT": "ita", "JE": "jey", "LI": "lie", "LU": "lux", "LV": "lva", "MC": "mco", "MT": "mlt",
    "MU": "mus", "NL": "nld", "NO": "nor", "PL": "pol", "PT": "prt", "RO": "rou", "RU": "rus",
    "SE": "swe", "SG": "sgp", "SI": "svn", "SK": "svk", "VG": "vgb", TEST: "test",
}  # fmt: skip
