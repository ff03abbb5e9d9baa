"""Write docs/reading.md from the tables that the code reads by: `python docs/reading_page.py`."""

from __future__ import annotations

import re
from pathlib import Path

from clusters_geo.crs import ZONES, province_extents
from clusters_geo.reading.archives import MAX_EXPANSION, MAX_UNPACKED_BYTES
from clusters_geo.reading.crs_guard import VIETNAM_EXTENT
from clusters_geo.reading.fetching import DEADLINE_S, REDIRECTS, SILENCE_S
from clusters_geo.reading.formats import FORMATS
from clusters_geo.reading.headers import HEADERS
from clusters_geo.reading.mapping import OPTIONS
from clusters_geo.reading.notes import kind_of
from clusters_geo.reading.opening import MAX_BYTES
from clusters_geo.reading.text import ENCODINGS
from clusters_geo.reading.values import BLANKS, CHOICES
from clusters_geo.report.saving import WRITTEN
from clusters_geo.words import catalogue

__all__ = ["page"]

_PAGE = """# Files we read, and what we do to them

`cg.load_clusters(file)`, `cg.load_districts(file)` and `clusters-geo inspect FILE` take the files below,
repair what can be repaired and say so, and refuse the rest. `cg.load_report(table)` lists every repair and
every doubt with its rows. This page is written from the tables in the code by `docs/reading_page.py`.

## Bảng của bạn

Cứ đưa tệp như đang có: sổ Excel có tiêu đề nhiều dòng, dòng tổng, dòng mục; bản vẽ CAD; lớp QGIS, MapInfo,
Google Earth. Chương trình đọc, sửa những gì chắc chắn, nói rõ từng chỗ đã sửa và từng chỗ cần xem, và không
đổi tệp của bạn.

1. **Xem trước:** `clusters-geo inspect sổ.xlsx` cho biết cột nào được hiểu là gì, dòng nào không phải là
   cụm, số nào đọc thế nào, hình nằm ở đâu. "Cần xem" là điều chỉ người giữ sổ mới quyết định được; mỗi điều
   có dòng và cách sửa.
2. **Dạy một lần:** `clusters-geo inspect sổ.xlsx --write-mapping sổ.toml` ghi cách đọc đó ra một tệp chữ,
   mở bằng Notepad. Sửa dòng nào sai:

   ```toml
   crs = "EPSG:5897"
   decimal = ","

   [columns]                      # tiêu đề trong tệp = cột được hiểu; "" là không dùng
   "Điểm CN" = "name"
   "Quy mô duyệt" = "planned_ha"
   "Màu" = ""

   [units]                        # đơn vị của một cột: ha, m2, km2, %
   "Quy mô duyệt" = "m2"

   [words.status]                 # chữ trong sổ = operating, under_construction hoặc pending
   "Đang hoàn thiện" = "under_construction"

   [headers]                      # tên khác của một cột trong các tệp của đơn vị
   built_ha = ["DT đã làm HT"]
   ```

3. **Dùng mãi:** thêm `--mapping sổ.toml` vào mọi lệnh đọc sổ, kỳ sau cũng vậy: `clusters-geo summary
   sổ-6-2026.xlsx --mapping sổ.toml`. Tiêu đề mà tệp mới không có sẽ được nói ra. Điều nêu trong lệnh thắng
   tệp TOML. `compare` đọc cả hai sổ theo cùng một tệp; cột mà một sổ không có thì không áp dụng cho sổ ấy.

### Chúng tôi hiểu gì trong bảng

| trong bảng của bạn | được hiểu |
| --- | --- |
| "I. Huyện Gia Lâm", "Các cụm đang hoạt động" ở một dòng riêng | dòng mục: huyện, xã, tình trạng áp cho các cụm bên dưới |
| "Cộng huyện", "Tổng cộng", "Toàn tỉnh", "Bình quân" | không phải cụm; số được cộng thử lại, lệch thì nói và là một phát hiện khi kiểm tra |
| "3.1 Giai đoạn 1" dưới cụm số 3 | một phần của cụm; cụm để trống thì lấy tổng các giai đoạn |
| tiêu đề một đến bốn dòng, ô gộp, hai thứ tiếng, có (*) hay số thứ tự, lặp lại ở mỗi trang | một tiêu đề; nhiều năm thì lấy năm mới nhất và nói ra |
| dòng đơn vị, "Đơn vị tính: ha", "(triệu đồng)" | đổi về ha, tỷ lệ 0–1, tỷ đồng |
| ô gộp dọc, "-nt-", "như trên" | điền cho từng dòng; riêng con số gộp cho nhiều cụm chỉ tính một lần và được nêu |
| "12,7" bên cạnh "15.4"; "1.250" lao động | mỗi số đọc theo dấu của nó; số đếm không có phần thập phân |
| 85,5 % lưu là 0,855; 0,85 dưới "(%)" | 0,855; 0,85, kèm một điều cần xem |
| "12,7 ha.", "12,7 (ha)", "127.000 m²", "12,7 héc-ta" | đơn vị ghi trong ô là đơn vị của ô đó; đơn vị của đại lượng khác thì để trống và hỏi |
| "20 ha (dự kiến)", "12,7 (GĐ1 8,2)" | lấy con số, nêu ô có lời ghi; "5 ha (chưa cho thuê)" thì hỏi |
| "> 95%", "20–30", "Quý III/2022", năm không có ngày | để trống và hỏi đúng ô đó; các ô khác vẫn đọc |
| chỉ có "Diện tích theo QĐ thành lập" | diện tích thành lập, và cũng là diện tích quy hoạch, có nói lấy từ cột nào; có cột "Diện tích quy hoạch" thì lấy cột đó |
| "Xã Phú Thị, huyện Gia Lâm"; "QĐ số 123/QĐ-UBND ngày 5/6/2019" | xã và huyện; số và ngày quyết định |
| dấu x ở cột "Đang hoạt động"; mọi cách nói tình trạng | operating, under_construction, pending; không có thì là chưa rõ, hoặc nêu `--status` |
| mỗi huyện một trang | `--layers all`; tên trang là huyện |
| KML của Google Earth, mỗi huyện một thư mục | không cần gì: các thư mục cùng cột, không trùng tên cụm được đọc làm một sổ, tên thư mục là huyện (hoặc tình trạng); nếu chương trình hỏi, hoặc với GeoPackage: `--layers all` |
| cụm xếp theo cột, nhiều bảng trong một trang | bảng được xoay lại, các bảng được nối lại |
| "Số liệu đến ngày 31/12/2024", "đến hết quý II/2025" trên hay dưới bảng | thời điểm của số liệu (`as_of`); tiêu đề chỉ nêu kỳ báo cáo thì lấy ngày cuối kỳ và nêu ra |
| "Vốn đầu tư", "Tổng vốn", "Diện tích còn lại" | có thể là nhiều cột: không đoán, nêu ra để bạn chọn |
| dòng, cột, trang đang ẩn; công thức chưa có kết quả | không đọc và nói rõ; công thức thì mở bằng Excel rồi lưu lại |
| "Bảng thống kê tọa độ": điểm, X, Y | ranh giới của cụm, làm sổ hoặc làm `--boundaries`; X là tọa độ Bắc; diện tích ghi được so với diện tích tính |

Sổ mới thì bắt đầu từ mẫu: `clusters-geo template sổ.xlsx`. Chữ nào chúng tôi chưa biết, cán bộ sửa được ngay
trong `data/headers.csv`, `data/header_words.csv`, `data/choices.csv`, `data/units.csv` của gói.

Ranh giới ở tệp khác: `--boundaries ranh.dxf`, lớp của nó `--boundaries-layer`, cột tên của nó
`--boundaries-name`. KML, KMZ, GPKG có nhiều lớp (mỗi huyện một thư mục) thì đọc mọi lớp có hình vùng và tên cụm, và
nói đã đọc mấy lớp. Khi một lệnh còn điều cần xem, nó nói trong một dòng và ghi sẵn lệnh `inspect` để xem.

## Teach once

`inspect FILE --write-mapping so.toml` writes what was understood and doubted as commented TOML; corrected,
it is given to every command by `--mapping so.toml`, in Python by `cg.load_clusters(file,
mapping="so.toml")`. Its keys are {options}; its tables `[columns]` (a header of the file, and the column
that it means; `""` for none), `[units]`, `[words.COLUMN]` (words of the register, and the value that each
means) and `[headers]` (further names of a column). What is said in the call wins; headers that the next
file lacks are doubts; what there is not is refused with the nearest that there is.

## Formats

The ending says which format, the content must agree. Nothing but the file and what is listed beside it is
opened: they are linked into an empty private folder and read there. Any of the layers may come zipped, one
in an archive.

| format | ending | looked into by | read by | needed beside | read if beside | note |
| --- | --- | --- | --- | --- | --- | --- |
{formats}

## Refused

- addresses without `allow_remote=True`, and all but http and https; connection strings, other `/vsi…` paths,
  data in place of a name: download or export first;
- files that refer to others: virtual layers (VRT) under any name, linked, viewed or seamless MapInfo
  tables, virtual tables in a database, streamed algorithms;
- folders (but a FileGDB), pipes, devices, also as a sidecar;
- more than {large} GiB without `allow_large=True`; archives that unpack to more than {unpacked} GiB or
  {expansion} times their size, that hold another archive, or a password;
- a database that another program has locked, after one second;
- what is another thing than its name says: web pages (but as .xls), PDF, DWG, DGN V8.

## Addresses

With `allow_remote=True` (`--allow-remote`) a file may be called `https://…` or `http://…`, also as
`/vsicurl/https://…`, and a member of an archive `/vsizip/ARCHIVE.zip/FILE`. It is fetched once into a private
file, named as its address ends, and then passes every check of this page. The report names the address, the
time and the SHA-256, never user, password or query.

| bound | |
| --- | --- |
| size | {large} GiB, as for any file, unless `allow_large=True` |
| silence | {silence} s without a byte |
| whole file | {deadline} min |
| redirects | {redirects}, to http or https only, never from https to http |
| user and password | sent to the host of the address only |
| certificates | checked against those of the system (`SSL_CERT_FILE`) |

The flag lets every address be reached that this machine reaches, those of its own network and of itself
too. Do not set it where somebody else writes the addresses. `s3`, `gs`, `az`, `ftp`, `file` and GDAL's other
kinds are never followed.

## Coordinates

The file's system is kept. It is asked for (`crs=`) where there is none, and where the stated one cannot be
right:

| found | done |
| --- | --- |
| no system | refused, with those that would put the data in the province of `region=`; without it, of the title, else in Hà Nội, and with the question whether they are of another province |
| outside longitude {vietnam} | refused, unless exchanging x and y mends it |
| metres stated as degrees, or degrees as metres | refused |
| x and y exchanged | exchanged back, reported |
| TM-3 without the datum VN-2000 (224 m; MapInfo, many .prj) | refused; `crs=` mends or confirms it |
| another datum shift (less than 2 m) | reported with its size |
| UTM (700 or 830 m from TM-3), another province's meridian (26 km and more) | reported with its size |
| outside Hà Nội (longitude {hanoi}) | reported |
| outside the province that `region=` names | refused |
| a transformation that is only a ballpark | reported |
| single shapes outside Việt Nam | reported by row |

The zone of a province as of before July 2025, for `cg.vn2000("Hà Nội")`:

| EPSG | central meridian | provinces |
| --- | --- | --- |
{zones}

A register whose title names a province ("UBND TỈNH NGHỆ AN") and no district is that province's, as with
`region=`: names alone place none of its clusters in another province's layer.

With `region=` the middle of the layer has to lie in the province: in the box around its districts as of
before July 2025 (package vietnamadminunits, MIT) and 0.05° more. A neighbour in the same box is not told
apart.

| province | longitude | latitude |
| --- | --- | --- |
{extents}

## Text

Text becomes composed Unicode (NFC); hidden control and direction marks go, look-alikes of Đ become Đ.
{encodings} are told apart column by column: in the right encoding, words are Vietnamese syllables.
`encoding=` overrides. TCVN3 has no capitals with a tone; they existed in capital fonts only (.VnTimeH). They
are restored in words whose other letters are capitals ("PHùNG Xá"), in columns typed in capitals only, and as
first letters in columns whose words begin with capitals; a column without any capital stays as it is, as a
doubt.

## Columns

Headers are compared without accents, capitals, punctuation and units. `columns={{"header": "column"}}`
wins. Names that a Shapefile cut to ten letters are completed; a likeness is taken and reported as a doubt.

| column | also known as |
| --- | --- |
{headers}

Units in the header or behind a figure are converted: m² and km² to hectares, % to shares. "1.686,5" and
"1,686.5" are read by the decimal mark that the column proves; where nothing proves it, the figures stay and
are named (`decimal=`). Blank are: {blanks}.

| column | value | also written |
| --- | --- | --- |
{choices}

## Registers

Sheets are read as they show: merged cells filled, per cent as formatted, what is hidden left out and
said. The header is the first row that names the clusters, with the rows of its groups; several tables of
a sheet are one below the other, a table with clusters across is turned. Every other row is told apart
with its cell address (`report.asides`): section, phase of a cluster, total, average, repeated header,
units, column numbers, note, signature. Sections hand district, commune and status down, titles and the
names of sheets do where nothing else says it. Totals and sections are added up again: `rows.total-
differs`, and the audit's `trust.sum-in-file`.

A figure that proves its own decimal mark is read by it, another by that of its column or file; a count
has no decimals. What only its owner can say ("> 95%", "20–30", a year for a date) is left blank and
asked, cell by cell. Without a status anywhere it is unknown: in no total, apart on the map,
`trust.status-unknown` in the audit.

A table of corner points becomes outlines, a pair of columns of coordinates points; X is the northing
where its numbers are those of one. The central meridian above the table is its system, otherwise `crs=`
is asked for.

Without ids they are made from the names, and from the districts where names repeat. `boundaries=` gives the
shapes, joined by `cluster_id` or by name; names that two shapes share join nothing. Of a GeoPackage, KML,
KMZ or FileGDB with several layers, such as a folder a district, all are read that hold outlines with names
of clusters, and said; layers of administrative units are left out. `boundaries_layer=` picks one. A cluster
without a shape there keeps the point or shape of the register, which the report says.

## Shapes

Heights are dropped, arcs become lines, invalid shapes are mended (`make_valid`) with the area before and
after. Closed lines in drawings become shapes, named by the text inside. Missing and empty shapes are
reported; coordinates that are no numbers are refused, each by row. Whole numbers and text ids keep every
digit, with or without blanks beside them.

## What a load says

Each repair and each doubt has a code, which stays, and a text in Vietnamese and English: `report.text("vi")`,
`clusters-geo inspect FILE --lang vi|en`. `--format json` gives codes, values and rows under English keys.

| code | | says |
| --- | --- | --- |
{notes}

## Written

`cg.save(table, file)` and `clusters-geo convert IN OUT` write {written}, beside the target and then in its
place, so that a crash leaves the old file whole. A plain Shapefile is five files: an existing one is not
overwritten, a zipped one is. CSV and XLSX hold no shapes, and no cell that a spreadsheet would run.
"""


def page() -> str:
    """Return the whole page."""
    return _PAGE.format(
        formats="\n".join(_formats()),
        options=", ".join(f"`{name}`" for name in OPTIONS),
        zones="\n".join(
            f"| {code} | {zone.meridian:g}° | {', '.join(zone.provinces)} |" for code, zone in ZONES.items()
        ),
        headers="\n".join(f"| `{column}` | {', '.join(names)} |" for column, names in HEADERS.items()),
        choices="\n".join(
            f"| `{column}` | `{value}` | {', '.join(others)} |"
            for column, values in CHOICES.items()
            for value, others in values.items()
        ),
        notes="\n".join(
            f"| `{code}` | {kind_of(code)} | {_plain(words.en)} |"
            for code, words in catalogue("notes").items()
            if not code.endswith(".advice")
        ),
        blanks=", ".join(f"`{text}`" for text in sorted(BLANKS) if text),
        encodings=", ".join(ENCODINGS),
        written=", ".join(WRITTEN),
        large=MAX_BYTES >> 30,
        silence=f"{SILENCE_S:g}",
        deadline=f"{DEADLINE_S / 60:g}",
        redirects=REDIRECTS,
        unpacked=MAX_UNPACKED_BYTES >> 30,
        expansion=MAX_EXPANSION,
        vietnam=_extent(VIETNAM_EXTENT),
        hanoi=_extent(province_extents("Hà Nội")["Hà Nội"]),
        extents="\n".join(
            f"| {name} | {west:g}–{east:g}° | {south:g}–{north:g}° |"
            for name in (province for zone in ZONES.values() for province in zone.provinces)
            for west, south, east, north in [province_extents(name)[name]]
        ),
    )


def _formats() -> list[str]:
    lines = []
    for f in FORMATS:
        looked = "fiona" if f.driver and f.fiona else "pyogrio" if f.driver else "–"
        read = (
            "pyogrio"
            if f.driver
            else {
                "GeoParquet": "pyarrow",
                "XLS": "xlrd",
                "XLSB": "python-calamine",
                "DOCX": "python-docx",
            }.get(f.name, "Python")
        )
        cells = (f.name, _list(f.endings), looked, read, _list(f.needed), _list(f.beside), f.remark)
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _list(endings: tuple[str, ...]) -> str:
    return ", ".join(f"`{e}`" for e in endings) or "–"


def _plain(template: str) -> str:
    """Return a text with the names of its values in the place of the values."""
    return re.sub(r"\{(\w+)[^}]*\}", r"*\1*", template)


def _extent(extent: tuple[float, float, float, float]) -> str:
    west, south, east, north = extent
    return f"{west:g}–{east:g}°, latitude {south:g}–{north:g}°"


if __name__ == "__main__":
    Path(__file__).with_name("reading.md").write_text(page(), encoding="utf-8")
