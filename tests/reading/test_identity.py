"""Ids made from names: told apart by district, then by commune, then by the whole name."""

from __future__ import annotations

import pytest

from clusters_geo import SchemaError, load_clusters

HEAD = "Tên cụm công nghiệp,Quận huyện,Xã phường,Tình trạng\n"


def ids(folder, *rows):
    file = folder / "so.csv"
    file.write_text(HEAD + "\n".join(f"{row},đang hoạt động" for row in rows), encoding="utf-8")
    return load_clusters(file).index.tolist()


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["Đồng Thọ,Yên Phong,Đông Tiến", "Lâm Bình,Lương Tài,Bình Định"], ["dong-tho", "lam-binh"]),
        # The district is enough.
        (
            ["Phùng Xá,Thạch Thất,Phùng Xá", "Phùng Xá,Mỹ Đức,Phùng Xá"],
            ["thach-that-phung-xa", "my-duc-phung-xa"],
        ),
        # Today's communes, no district: one of the two may lack its commune.
        (
            ["Khắc Niệm,,Phường Hạp Lĩnh", "Khắc Niệm,,Phường Võ Cường", "Đồng Thọ,,Xã Yên Phong"],
            ["hap-linh-khac-niem", "vo-cuong-khac-niem", "dong-tho"],
        ),
        (["Khắc Niệm,,Phường Hạp Lĩnh", "Khắc Niệm,,"], ["hap-linh-khac-niem", "khac-niem"]),
        # Two of one district.
        (
            ["Tân Tiến,Lục Nam,Bảo Đài", "Tân Tiến,Lục Nam,Chu Điện", "Tân Tiến,Lạng Giang,Tân Hưng"],
            ["bao-dai-luc-nam-tan-tien", "chu-dien-luc-nam-tan-tien", "lang-giang-tan-tien"],
        ),
    ],
)
def test_a_name_is_told_apart_by_where_it_lies(tmp_path, rows, expected):
    assert ids(tmp_path, *rows) == expected


def test_two_of_one_name_in_one_commune_are_refused(tmp_path):
    with pytest.raises(SchemaError, match="'khac-niem' is used more than once"):
        ids(tmp_path, "Khắc Niệm,,Phường Hạp Lĩnh", "Khắc Niệm,,Phường Hạp Lĩnh")
