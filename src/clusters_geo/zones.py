"""The VN-2000 zone of each province: which central meridian its surveys use.

Provinces as they were until 30 June 2025, which is how surveys made before that are labelled. Source: the
areas of use in the EPSG registry (EPSG:5897–5899, 9205–9218), which follow Circular 973/2001/TT-TCĐC.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyproj

from clusters_geo.errors import CRSError
from clusters_geo.names import did_you_mean, fold, name_key

__all__ = ["ZONES", "Zone", "vn2000"]


@dataclass(frozen=True, slots=True)
class Zone:
    """One central meridian, degrees east, and the provinces that use it."""

    meridian: float
    provinces: tuple[str, ...]


ZONES: dict[int, Zone] = {
    9205: Zone(103, ("Điện Biên", "Lai Châu")),
    9206: Zone(104, ("Sơn La",)),
    9207: Zone(104.5, ("Cà Mau", "Kiên Giang")),
    9208: Zone(104.75, ("An Giang", "Lào Cai", "Nghệ An", "Phú Thọ", "Yên Bái")),
    5897: Zone(
        105,
        (
            "Hà Nội",
            "Hà Nam",
            "Hà Tây",
            "Ninh Bình",
            "Thanh Hóa",
            "Vĩnh Phúc",
            "Cần Thơ",
            "Bạc Liêu",
            "Đồng Tháp",
            "Hậu Giang",
        ),
    ),
    9209: Zone(
        105.5,
        (
            "Bắc Ninh",
            "Hà Giang",
            "Hà Tĩnh",
            "Hải Dương",
            "Hưng Yên",
            "Nam Định",
            "Sóc Trăng",
            "Tây Ninh",
            "Thái Bình",
            "Trà Vinh",
            "Vĩnh Long",
        ),
    ),
    9210: Zone(
        105.75, ("Hải Phòng", "Hồ Chí Minh", "Bến Tre", "Bình Dương", "Cao Bằng", "Long An", "Tiền Giang")
    ),
    9211: Zone(106, ("Hòa Bình", "Quảng Bình", "Tuyên Quang")),
    9212: Zone(106.25, ("Bình Phước", "Quảng Trị")),
    9213: Zone(106.5, ("Bắc Kạn", "Thái Nguyên")),
    9214: Zone(107, ("Bắc Giang", "Thừa Thiên-Huế")),
    9215: Zone(107.25, ("Lạng Sơn",)),
    9216: Zone(107.5, ("Kon Tum",)),
    5899: Zone(107.75, ("Quảng Ninh", "Đà Nẵng", "Quảng Nam", "Bà Rịa-Vũng Tàu", "Đồng Nai", "Lâm Đồng")),
    5898: Zone(108, ("Quảng Ngãi",)),
    9217: Zone(108.25, ("Bình Định", "Khánh Hòa", "Ninh Thuận")),
    9218: Zone(108.5, ("Bình Thuận", "Đắk Lắk", "Đắk Nông", "Gia Lai", "Phú Yên")),
}

_CODES = {name: code for code, zone in ZONES.items() for name in zone.provinces}
_BY_KEY = {name_key(name): code for name, code in _CODES.items()}
_BY_FOLD = {fold(name): code for name, code in _CODES.items()}


def vn2000(name: str) -> pyproj.CRS:
    """Return the VN-2000 coordinate system (TM-3) in which a province's surveys are.

    Parameters
    ----------
    name
        A province or city as of before July 2025, with or without its prefix and its accents.

    Returns
    -------
    A coordinate system in metres, such as EPSG:5897.

    Raises
    ------
    CRSError
        If there is no such province.

    Examples
    --------
    >>> vn2000("Hà Nội").to_string(), vn2000("tỉnh Bac Ninh").to_string()
    ('EPSG:5897', 'EPSG:9209')
    """
    plain = name.strip()
    # "Tỉnh" is the type of what this table lists, not of anything else with a name.
    for prefix in ("tỉnh ", "tinh "):
        plain = plain[len(prefix) :] if plain.casefold().startswith(prefix) else plain
    code = _BY_KEY.get(name_key(plain)) or _BY_FOLD.get(fold(plain))
    if code is None:
        meant = ", ".join(did_you_mean(plain, _CODES)) or "a province as of before July 2025"
        msg = f"There is no province {name!r} among the VN-2000 zones. Did you mean: {meant}?"
        raise CRSError(msg)
    return pyproj.CRS.from_epsg(code)
