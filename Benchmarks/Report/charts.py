"""Charts as plain SVG: percentile curves and bars."""
import math
from xml.sax.saxutils import escape

FONT = 'font-family="DejaVu Sans, Helvetica, sans-serif"'
OURS, FLOOR, INK, PALE = "#0b6e99", "#c8553d", "#222222", "#dddddd"
TICKS = [0, 50, 90, 99, 99.9, 99.99]


class Drawing:
    """Shapes in pixels from the upper left corner."""

    def __init__(self, width, height):
        self.width, self.height, self.parts = width, height, []

    def text(self, x, y, text, size=11, anchor="start", color=INK, bold=False):
        weight = ' font-weight="bold"' if bold else ""
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" {FONT} font-size="{size}" text-anchor="{anchor}"'
            f' fill="{color}"{weight}>{escape(text)}</text>')

    def line(self, x1, y1, x2, y2, color=PALE, width=1.0, dash=""):
        style = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}"'
            f' stroke-width="{width}"{style}/>')

    def box(self, x, y, width, height, fill):
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
            f' fill="{fill}"/>')

    def curve(self, points, color):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')

    def save(self, path):
        body = "\n".join(self.parts)
        with open(path, "w", encoding="utf-8") as file:
            file.write(
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}"'
                f' height="{self.height}" viewBox="0 0 {self.width} {self.height}">\n'
                f'<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n')


def caption(drawing, machine, extra):
    drawing.text(
        20, drawing.height - 26,
        f"{machine['cpu']}, {machine['cores']} cores; commit {machine['commit']}; {extra}", 10)
    drawing.text(
        20, drawing.height - 11,
        f"ours: {machine['swift']}, {machine['swift_flags']}; calibration: g++"
        f" {machine['calibration_flags']}", 10)


def place_of(percentile):
    """Nines: 0 at p0, 1 at p90, 2 at p99."""
    return -math.log10(max(1 - percentile / 100, 1e-6))


def latency(path, machine, flows, kinds):
    """One panel for each flow and kind of operation: ours and the floor's curve."""
    across, down = 250, 190
    drawing = Drawing(70 + len(kinds) * across, 105 + len(flows) * down + 50)
    drawing.text(20, 28, "Latency of one operation, record by record", 17, bold=True)
    drawing.text(20, 48, "nanoseconds (log), up to the percentile below (log of what is left)", 12)
    drawing.box(560, 18, 26, 4, OURS)
    drawing.text(592, 25, "the venue's book", 12)
    drawing.box(730, 18, 26, 4, FLOOR)
    drawing.text(762, 25, "calibration book (order flow only)", 12)
    for row, (name, flow) in enumerate(flows.items()):
        for column, (kind, label) in enumerate(kinds.items()):
            panel(
                drawing, 65 + column * across, 85 + row * down, across - 40, down - 50,
                f"{name}: {label}", flow["latency"].get(kind, {}))
    seeds = ", ".join(f"{name} {flow['records']:,} records" for name, flow in flows.items())
    rounds = next(iter(flows.values()))["rounds"]
    caption(drawing, machine, f"of {rounds} rounds the run with the least p99; {seeds}")
    drawing.save(path)


def panel(drawing, left, top, width, height, title, row):
    low, high, last = 1.0, 4.3, place_of(99.99)  # 10 ns to 20 us

    def x_of(percentile):
        return left + width * min(place_of(percentile), last) / last

    def y_of(nanoseconds):
        share = (math.log10(max(nanoseconds, 10)) - low) / (high - low)
        return top + height * (1 - min(max(share, 0), 1))

    drawing.text(left, top - 8, title, 12, bold=True)
    for decade in (10, 100, 1_000, 10_000):
        drawing.line(left, y_of(decade), left + width, y_of(decade))
        drawing.text(left - 5, y_of(decade) + 4, f"{decade:,}", 9, "end")
    for tick in TICKS:
        drawing.line(x_of(tick), top, x_of(tick), top + height)
        drawing.text(x_of(tick), top + height + 13, f"{tick:g}", 9, "middle")
    drawing.line(left, top, left, top + height, INK)
    drawing.line(left, top + height, left + width, top + height, INK)
    drawn = False
    for side, color in (("floor", FLOOR), ("ours", OURS)):
        found = row.get(side)
        if found and len(found.get("curve", [])) > 1:
            points = [
                (x_of(percentile), y_of(nanoseconds))
                for percentile, nanoseconds in found["curve"] if percentile <= 99.995]
            drawing.curve(points, color)
            drawn = True
    if not drawn:
        drawing.text(left + width / 2, top + height / 2, "not measured", 11, "middle")


def ratios(path, machine, flows, pairs, rounds):
    """Bars: ours as a ratio to what stands beside it. The target is a tick."""
    bars = [
        (f"book, {name} flow / {flow['program']}", flow["ratio"], flow["target"],
         f"{flow['ours_ns']['min']:.1f} / {flow['floor_ns']['min']:.1f} ns")
        for name, flow in flows.items()
    ] + [(f"{pair['ours']} / {pair['beside']}", pair["ratio"], None, "") for pair in pairs]
    drawing = Drawing(1_000, 90 + 28 * len(bars) + 70)
    drawing.text(
        20, 28, "Time of ours as a ratio to its counterpart: less is better", 17, bold=True)
    drawing.text(
        20, 48, "same run, least of all rounds; 1.0 = as fast; a dark tick is the target", 12)
    left, width = 330, 480
    most = max([2.0] + [min(bar[1], 4.0) for bar in bars]) * 1.05
    bottom = 70 + 28 * len(bars)
    for step in range(0, int(most * 2) + 1):
        x = left + width * step / 2 / most
        drawing.line(x, 66, x, bottom, INK if step == 2 else PALE, dash="4 3" if step == 2 else "")
        drawing.text(x, bottom + 14, f"{step / 2:.1f}", 10, "middle")
    for index, (label, ratio, target, note) in enumerate(bars):
        y = 72 + 28 * index
        good = ratio <= (target or 1.0)
        drawing.text(left - 8, y + 13, label, 11, "end")
        drawing.box(left, y, width * min(ratio, most) / most, 18, OURS if good else FLOOR)
        if target:
            x = left + width * target / most
            drawing.line(x, y - 3, x, y + 21, INK, 3)
        end = width * min(max(ratio, target or 0), most) / most
        drawing.text(left + end + 8, y + 13, f"{ratio:.2f}   {note}", 11)
    caption(drawing, machine, f"{rounds} rounds")
    drawing.save(path)
