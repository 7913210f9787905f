"""Where the elements of a diagram stand and how the lines run: our own, so that drawing needs no tool at run time.

Columns follow the order of the rows, lanes are bands, and within a lane a step stands beside the step it follows.
Everything is centred on a grid. The lines search their way over that grid one by one (A*): never through a shape,
seldom along another line or through a text, with as few bends as possible. The same diagram gives the same picture.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from casework.process.bpmn import Diagram, Element, Flow

GRID = 20
TASK, EVENT, GATEWAY = (100, 80), (36, 36), (50, 50)
LETTER, LINE, WIDTH = 6, 14, 90  # one letter and one line of a text beside an element; where its lines are broken
HEADER = 30  # the strip with the name of a pool or lane
LEFT, TOP = 160, 80  # of the pool
GAP_X, GAP_Y = 50, 34  # free between columns and between tracks: room for lines
BOX_HEIGHT, BOX_GAP = 140, 20  # of an event sub-process
MARGIN = 10  # between a shape and a line that passes it


class Point(NamedTuple):
    x: int
    y: int


class Box(NamedTuple):
    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self) -> Point:
        return Point(self.x + self.width // 2, self.y + self.height // 2)

    def meets(self, other: Box) -> bool:
        across = self.x < other.x + other.width + 1 and other.x < self.x + self.width + 1
        return across and self.y < other.y + other.height + 1 and other.y < self.y + self.height + 1

    def cells(self, margin: int = 0) -> Iterator[Point]:
        """The points of the grid, counted in steps, that lie inside."""
        for x in range(-((margin - self.x - 1) // GRID), -((-self.x - self.width - margin) // GRID)):
            for y in range(-((margin - self.y - 1) // GRID), -((-self.y - self.height - margin) // GRID)):
                yield Point(x, y)


@dataclass
class Layout:
    """Boxes by element id, the boxes of texts that stand beside their element, and the bends of lines by flow id."""

    pool: Box
    lanes: dict[str, Box] = field(default_factory=dict)
    shapes: dict[str, Box] = field(default_factory=dict)
    texts: dict[str, Box] = field(default_factory=dict)
    lines: dict[str, list[Point]] = field(default_factory=dict)


def size(element: Element) -> tuple[int, int]:
    if element.tag.endswith("Event"):
        return EVENT
    return GATEWAY if element.tag.endswith("Gateway") else TASK


def text_size(text: str, width: int = WIDTH) -> tuple[int, int]:
    """Of a text broken at spaces; a word longer than the line makes the line longer."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}".strip()
            if line and len(longer) * LETTER > width:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return max(map(len, lines)) * LETTER + 8, len(lines) * LINE


def place(diagram: Diagram) -> Layout:
    layout = Layout(Box(LEFT, TOP, 0, 0))
    _Plan(diagram, layout).fill()
    _route(diagram, layout)
    return layout


class _Plan:
    """Ranks (columns) and tracks (rows of a lane), then the boxes."""

    def __init__(self, diagram: Diagram, layout: Layout) -> None:
        self.diagram, self.layout = diagram, layout
        self.main = {e.id: e for e in diagram.main()}
        self.order = {key: number for number, key in enumerate(self.main)}
        self.flows = [f for f in diagram.flows if f.source in self.main]
        self.hosted: dict[str, list[str]] = {}
        for e in self.main.values():
            if e.host:
                self.hosted.setdefault(e.host, []).append(e.id)

    def fill(self) -> None:
        ranks = self.ranks()
        tracks = self.tracks(ranks)
        columns = self.columns(ranks)
        boxes = self.diagram.boxes()
        width = max(_box_width(self.diagram, box) for box in boxes) if boxes else 0
        right = max(columns.values(), default=0) + 140
        if boxes:
            right = max(right, LEFT + 2 * HEADER + 3 * (width + BOX_GAP) + BOX_GAP)
        y = TOP + GRID // 2
        for lane in self.diagram.lanes:
            top = y
            y = self.band(lane, y, ranks, tracks, columns)
            y = self.grid([box for box in boxes if box.lane == lane], y, right, width)
            y = max(y, top + len(self.diagram.lanes[lane]) * LETTER + 2 * GRID)
            y += -(y - GRID // 2) % GRID
            self.layout.lanes[lane] = Box(LEFT + HEADER, top, right - LEFT - HEADER, y - top)
        top = TOP + GRID // 2
        self.layout.pool = Box(LEFT, top, right - LEFT, y - top)

    # -- columns

    def ranks(self) -> dict[str, int]:
        """The longest way from a start, along the flows that lead down the rows; what leads up is a loop."""
        ahead: dict[str, dict[str, int]] = {key: {} for key in self.main}
        behind: dict[str, dict[str, int]] = {key: {} for key in self.main}
        steps = [(self.at(f.source), f.target, self.step(f)) for f in self.flows]
        steps += [(e.resumes, e.id, 1) for e in self.main.values() if e.resumes in self.main]
        for source, target, step in steps:
            if self.order[source] < self.order[target]:
                ahead[source][target] = behind[target][source] = step
        ranks: dict[str, int] = {}
        for key in self.main:
            ranks[key] = max((ranks[before] + step for before, step in behind[key].items()), default=0)
        loose: set[str] = set()  # from a start until the first gateway: stands just before what follows
        for key, element in self.main.items():
            if not element.host and not element.tag.endswith("Gateway") and loose.issuperset(behind[key]):
                loose.add(key)
        for key in reversed(self.main):
            following = list(ahead[key]) or [f.target for f in self.flows if f.source == key and not behind[key]]
            if key in loose and following:
                ranks[key] = max(0, min(ranks[after] for after in following) - 1)
        for key, element in self.main.items():
            if element.host:
                ranks[key] = ranks[element.host]
        return ranks

    def step(self, flow: Flow) -> int:
        """One column on; straight down where the next step is in a lower lane."""
        source, target = self.main[flow.source], self.main[flow.target]
        lanes = list(self.diagram.lanes)
        return 0 if not source.host and lanes.index(source.lane) < lanes.index(target.lane) else 1

    def at(self, key: str) -> str:
        return self.main[key].host or key

    def columns(self, ranks: Mapping[str, int]) -> dict[int, int]:
        """The middle of each column: as near to the one before as the widest shapes and texts of both allow."""
        reach = dict.fromkeys(sorted(set(ranks.values())), (0, 0))
        for key, rank in ranks.items():
            left, right = self.reach_x(key)
            reach[rank] = max(reach[rank][0], left), max(reach[rank][1], right)
        return _spread(reach, LEFT + 2 * HEADER, GAP_X)

    def reach_x(self, key: str) -> tuple[int, int]:
        element = self.main[key]
        half, text = size(element)[0] // 2, text_size(element.name)[0] if element.name else 0
        if element.tag.endswith("Gateway"):
            return (max(half, text + 8), half) if text else (half, half)
        if element.host:
            return 0, self.offset(key) + 12 + text
        return (half, half) if element.tag.endswith("Task") else (max(half, text // 2), max(half, text // 2))

    def offset(self, key: str) -> int:
        """How far from the middle of its task a boundary event sits."""
        siblings = self.hosted[self.main[key].host]
        return (2 * GRID, -2 * GRID, 0)[siblings.index(key) % 3]

    # -- tracks

    def tracks(self, ranks: Mapping[str, int]) -> dict[str, int]:
        """Straight on where it is free; the second way out of a step goes below the first."""
        taken: dict[tuple[str, int, int], str] = {}
        tracks: dict[str, int] = {}
        for key in sorted(self.main, key=lambda key: (ranks[key], self.order[key])):
            element = self.main[key]
            if element.host:
                continue
            before, wish = self.wish(key, ranks, tracks)
            since = ranks[before] + 1 if before and self.main[before].lane == element.lane else ranks[key]
            track = wish
            while any((element.lane, rank, track) in taken for rank in range(since, ranks[key] + 1)):
                track += 1
            for rank in range(since, ranks[key] + 1):
                taken[element.lane, rank, track] = key
            tracks[key] = track
        return tracks

    def wish(self, key: str, ranks: Mapping[str, int], tracks: Mapping[str, int]) -> tuple[str, int]:
        """The step that comes before, and the track on which it would be nicest to stand."""
        lane = self.main[key].lane
        befores = [self.at(f.source) for f in self.flows if f.target == key]
        befores = [b for b in befores if b in tracks and ranks[b] < ranks[key]]
        same = [b for b in befores if self.main[b].lane == lane]
        if self.main[key].resumes in tracks and self.main[self.main[key].resumes].lane == lane and not same:
            return self.main[key].resumes, tracks[self.main[key].resumes]
        if not same:
            return "", 0
        nearest = max(same, key=lambda b: (ranks[b], -self.order[b]))
        siblings = [f.target for f in self.flows if self.at(f.source) == nearest and self.main[f.target].lane == lane]
        siblings = [s for s in siblings if ranks[s] > ranks[nearest]]
        siblings.sort(key=lambda sibling: (self.turns_back(sibling), ranks[sibling]))
        return nearest, tracks[nearest] + (siblings.index(key) if key in siblings else 0)

    def turns_back(self, key: str) -> bool:
        following = [f.target for f in self.flows if f.source == key]
        return bool(following) and all(self.order[after] < self.order[key] for after in following)

    # -- boxes

    def band(
        self, lane: str, y: int, ranks: Mapping[str, int], tracks: Mapping[str, int], columns: Mapping[int, int]
    ) -> int:
        """The main flow's part of a lane; returns where it ends."""
        here = [key for key in tracks if self.main[key].lane == lane]
        reach = dict.fromkeys(sorted({tracks[key] for key in here}), (0, 0))
        for key in here:
            above, below = self.reach_y(key)
            reach[tracks[key]] = max(reach[tracks[key]][0], above), max(reach[tracks[key]][1], below)
        if not reach:
            return y
        middles = _spread(reach, y, GAP_Y)
        for key in here:
            self.put(key, Point(columns[ranks[key]], middles[tracks[key]]))
        last = max(middles)
        return middles[last] + reach[last][1] + GAP_Y

    def reach_y(self, key: str) -> tuple[int, int]:
        element = self.main[key]
        half, text = size(element)[1] // 2, text_size(element.name)[1] if element.name else 0
        if element.tag.endswith("Gateway"):
            return max(half, text + 12), half
        if element.tag.endswith("Event"):
            return half, half + 4 + text
        hosted = [text_size(self.main[event].name)[1] for event in self.hosted.get(key, ())]
        return half, half + max((height + 22 for height in hosted), default=0)

    def put(self, key: str, middle: Point) -> None:
        element = self.main[key]
        width, height = size(element)
        box = Box(middle.x - width // 2, middle.y - height // 2, width, height)
        self.name(element, box)
        for event in self.hosted.get(key, ()):
            offset = self.offset(event)
            corner = Point(middle.x + offset, middle.y + TASK[1] // 2)
            border = Box(corner.x - EVENT[0] // 2, corner.y - EVENT[1] // 2, *EVENT)
            self.name(self.main[event], border, 0 if offset >= 0 else 1)

    def name(self, element: Element, box: Box, choice: int = 0) -> None:
        self.layout.shapes[element.id] = box
        if texts := _texts(element, box):
            self.layout.texts[element.id] = texts[choice]

    def grid(self, boxes: Sequence[Element], y: int, right: int, width: int) -> int:
        """The event sub-processes of a lane, in as many columns as there is room for; returns where they end."""
        if not boxes:
            return y
        left = LEFT + 2 * HEADER + BOX_GAP
        columns = max(1, (right - left) // (width + BOX_GAP))
        for number, box in enumerate(boxes):
            row, column = divmod(number, columns)
            corner = Point(left + column * (width + BOX_GAP), y + BOX_GAP + row * (BOX_HEIGHT + BOX_GAP))
            self.layout.shapes[box.id] = Box(*corner, width, BOX_HEIGHT)
            self.inside(box, corner)
        return y + BOX_GAP + (len(boxes) - 1) // columns * (BOX_HEIGHT + BOX_GAP) + BOX_HEIGHT + BOX_GAP

    def inside(self, box: Element, corner: Point) -> None:
        """Start, task, messages and end of an event sub-process stand in one line."""
        spare = self.layout.shapes[box.id].width - _box_width(self.diagram, box)
        left, middle = corner.x + GRID + spare // 2, corner.y + BOX_HEIGHT // 2
        for element in self.diagram.inside(box.id):
            width, height = size(element)
            room = max(width, text_size(element.name)[0] if element.tag.endswith("Event") else 0)
            shape = Box(left + (room - width) // 2, middle - height // 2, width, height)
            self.name(element, shape)
            left += room + GRID
        for flow in self.diagram.flows:
            if self.diagram.elements[flow.source].within == box.id:
                source, target = self.layout.shapes[flow.source], self.layout.shapes[flow.target]
                line = [Point(source.x + source.width, middle), Point(target.x, middle)]
                self.layout.lines[flow.id] = line


def _box_width(diagram: Diagram, box: Element) -> int:
    inside = diagram.inside(box.id)
    rooms = (max(size(e)[0], text_size(e.name)[0] if e.tag.endswith("Event") else 0) for e in inside)
    return sum(rooms) + (len(inside) + 1) * GRID


def _texts(element: Element, box: Box) -> list[Box]:
    """Where the text of an element may stand, the best place first. Tasks hold their text."""
    if not element.name or element.tag.endswith(("Task", "subProcess")):
        return []
    width, height = text_size(element.name)
    (x, y), reach = box.middle, box.height // 2
    if element.tag.endswith("Gateway"):  # off its corners, which the lines take
        left, right, above, below = x - 8 - width, x + 8, y - 12 - height, y + 12
        return [Box(left, above, width, height), Box(left, below, width, height), Box(right, above, width, height)]
    left, middle, right, above, below = x - 6 - width, x - width // 2, x + 6, y - reach - 3 - height, y + reach + 3
    places = [Box(right, below, width, height), Box(left, below, width, height)]
    if not element.host:
        places = [Box(middle, below, width, height), *places, Box(middle, above, width, height)]
    return places


def _spread(reach: Mapping[int, tuple[int, int]], start: int, gap: int) -> dict[int, int]:
    """Middles on the grid, one after the other, with `gap` between what reaches before and after them."""
    middles: dict[int, int] = {}
    edge = start
    for number, (before, after) in reach.items():
        middle = edge + gap + before
        middles[number] = middle + -middle % GRID
        edge = middles[number] + after
    return middles


# -- lines

STEP, BEND, CROSS, TEXT, ALONG, MEET, SPLIT = 10, 25, 25, 40, 400, 2, 60  # what a line pays, see `_Router.price`
RIGHT, DOWN, LEFTWARD, UP = range(4)
DIRECTIONS = (Point(1, 0), Point(0, 1), Point(-1, 0), Point(0, -1))
SIDE = {RIGHT: 0, DOWN: 15, LEFTWARD: 120, UP: 15}  # the direction in which a line best leaves and enters


class State(NamedTuple):
    """How far a line has come: the point of the grid, and its direction there."""

    cell: Point
    heading: int
    arrived: bool = False


class _Router:
    """Finds the cheapest way of one line after the other, and remembers where each runs."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.blocked = {cell for box in layout.shapes.values() for cell in box.cells(MARGIN)}
        self.texts = {cell for box in layout.texts.values() for cell in box.cells()}
        self.used: dict[tuple[Point, bool], list[Flow]] = {}  # by point and "is it level?"
        pool = layout.pool
        self.cells = set(Box(pool.x + 2 * HEADER, pool.y, pool.width - 2 * HEADER, pool.height).cells())

    def route(self, flow: Flow, leaving: Iterable[int]) -> list[Point]:
        """The bends of the line, its ends included. Where there is no way it runs straight through everything."""
        goals = {State(self.port(flow.target, _turned(side)), side): SIDE[side] for side in SIDE}
        cost: dict[State, int] = {}
        came: dict[State, State] = {}
        queue: list[tuple[int, int, State]] = []

        def reach(state: State, spent: int, before: State | None = None) -> None:
            if spent < cost.get(state, spent + 1):
                cost[state] = spent
                if before is not None:
                    came[state] = before
                ahead = min(abs(state.cell.x - goal.cell.x) + abs(state.cell.y - goal.cell.y) for goal in goals)
                heapq.heappush(queue, (spent + STEP * ahead, spent, state))

        for side in leaving:
            start = State(self.port(flow.source, side), side)
            if self.free(start.cell):
                reach(start, SIDE[side] + self.price(flow, start.cell, side))
        while queue:
            _, spent, state = heapq.heappop(queue)
            if state.arrived:
                return self.line(flow, state, came)
            for goal, extra in goals.items():
                if goal.cell == state.cell and goal.heading != _turned(state.heading):
                    bend = BEND if goal.heading != state.heading else 0
                    reach(goal._replace(arrived=True), spent + extra + bend, state)
            for side in SIDE:
                step = DIRECTIONS[side]
                cell = Point(state.cell.x + step.x, state.cell.y + step.y)
                if side != _turned(state.heading) and self.free(cell):
                    bend = BEND + self.price(flow, state.cell, side) if side != state.heading else 0
                    reach(State(cell, side), spent + bend + STEP + self.price(flow, cell, side), state)
        return [self.layout.shapes[flow.source].middle, self.layout.shapes[flow.target].middle]

    def free(self, cell: Point) -> bool:
        return cell in self.cells and cell not in self.blocked

    def port(self, key: str, side: int) -> Point:
        """The first free point of the grid beyond that side of the shape."""
        box, step = self.layout.shapes[key], DIRECTIONS[side]
        half = (box.width if step.x else box.height) // 2
        far = -(-(half + MARGIN) // GRID)
        return Point(box.middle.x // GRID + step.x * far, box.middle.y // GRID + step.y * far)

    def edge(self, key: str, side: int) -> Point:
        box, step = self.layout.shapes[key], DIRECTIONS[side]
        return Point(box.middle.x + step.x * box.width // 2, box.middle.y + step.y * box.height // 2)

    def price(self, flow: Flow, cell: Point, side: int) -> int:
        """What it costs that a text or another line is there already.

        Lines to the same element may run together, lines to different elements hardly.
        """
        price = TEXT if cell in self.texts else 0
        for other in self.used.get((cell, side % 2 == 0), ()):
            price += MEET if other.target == flow.target else SPLIT if other.source == flow.source else ALONG
        for other in self.used.get((cell, side % 2 == 1), ()):
            price += MEET if other.target == flow.target else CROSS
        return price

    def line(self, flow: Flow, last: State, came: Mapping[State, State]) -> list[Point]:
        path = [last]
        while path[-1] in came:
            path.append(came[path[-1]])
        path.reverse()
        for state, following in pairwise(path):
            for level in {state.heading % 2 == 0, following.heading % 2 == 0}:
                self.used.setdefault((state.cell, level), []).append(flow)
        between = [Point(state.cell.x * GRID, state.cell.y * GRID) for state in path]
        ends = self.edge(flow.source, path[0].heading), self.edge(flow.target, _turned(last.heading))
        return _straight([ends[0], *between, ends[1]])


def _turned(side: int) -> int:
    return (side + 2) % 4


def _straight(points: Iterable[Point]) -> list[Point]:
    """Only the ends and the bends."""
    kept: list[Point] = []
    for point in points:
        if kept and kept[-1] == point:
            continue
        if len(kept) > 1 and (kept[-2].x == kept[-1].x == point.x or kept[-2].y == kept[-1].y == point.y):
            kept.pop()
        kept.append(point)
    return kept


def _route(diagram: Diagram, layout: Layout) -> None:
    """Short lines first: they have the fewest ways to choose from."""
    router = _Router(layout)

    def length(flow: Flow) -> tuple[bool, int, str]:
        a, b = layout.shapes[flow.source].middle, layout.shapes[flow.target].middle
        return b.x <= a.x, abs(a.x - b.x) + 2 * abs(a.y - b.y), flow.id

    for flow in sorted((f for f in diagram.flows if f.id not in layout.lines), key=length):
        source = diagram.elements[flow.source]
        line = router.route(flow, [DOWN] if source.host else SIDE)
        layout.lines[flow.id] = line
        if flow.name:
            layout.texts[flow.id] = _beside(line, flow.name)[0]
            router.texts.update(layout.texts[flow.id].cells())
    places = {e.id: _texts(e, layout.shapes[e.id]) for e in diagram.main()}
    places |= {f.id: _beside(layout.lines[f.id], f.name) for f in diagram.flows}
    for key, boxes in places.items():
        if key in layout.texts:
            layout.texts[key] = min(boxes, key=partial(_clutter, layout, key))


def _clutter(layout: Layout, own: str, box: Box) -> int:
    """How much a text would cover there: lines, other texts, other shapes."""
    lines = [_spanned(a, b) for line in layout.lines.values() for a, b in pairwise(line)]
    texts = [text for key, text in layout.texts.items() if key != own]
    shapes = [shape for key, shape in layout.shapes.items() if key != own]
    return sum(weight * sum(map(box.meets, some)) for weight, some in ((3, lines), (4, texts), (9, shapes)))


def _spanned(a: Point, b: Point) -> Box:
    return Box(min(a.x, b.x), min(a.y, b.y), abs(a.x - b.x), abs(a.y - b.y))


def _beside(line: Sequence[Point], text: str) -> list[Box]:
    """Where a line's text may stand: at its beginning, on either side, clear of the stroke that marks a default."""
    (x, y), following = line[0], line[1]
    width, height = text_size(text)
    if following.y == y:
        left = x + 10 if following.x > x else x - 10 - width
        return [Box(left, y - height - 2, width, height), Box(left, y + 2, width, height)]
    top = y + 4 if following.y > y else y - 4 - height
    return [Box(x + 6, top, width, height), Box(x - 6 - width, top, width, height)]


# -- the collaboration

STRIP = 14  # between two lines of the same row or column


def place_pools(pools: Sequence[str], names: Mapping[tuple[str, str], str]) -> Layout:
    """Pools on the diagonal; a line leaves its row's pool sideways and turns at the column of the one it is for.

    So no line passes a pool, and each text has a field of its own. Lines and texts go by "{sender} {receiver}".
    """
    texts = {pair: text_size(name, 1000) for pair, name in names.items()}
    # In this order no two lines of a row or a column cross.
    out = {a: [b for b in reversed(pools) if (a, b) in names] for a in pools}
    into = {b: [a for a in reversed(pools) if (a, b) in names] for b in pools}
    layout = Layout(Box(LEFT, TOP, 0, 0))
    columns, rows, x, y = {}, {}, LEFT, TOP
    for pool in pools:
        width = max([160, *(texts[a, pool][0] for a in into[pool])]) + (len(into[pool]) + 1) * STRIP
        height = max([60, *(texts[pool, b][1] for b in out[pool])]) + (len(out[pool]) + 1) * STRIP
        columns[pool], rows[pool] = (x, width), (y, height)
        layout.shapes[pool] = Box(x, y, width, height)
        x, y = x + width + 3 * STRIP, y + height + 2 * STRIP
    for a, b in names:
        below = pools.index(a) < pools.index(b)
        level = rows[a][0] + (out[a].index(b) + 1) * STRIP
        upright = columns[b][0] + (into[b].index(a) + 1) * STRIP
        box = layout.shapes[a]
        end = layout.shapes[b]
        start = Point(box.x + box.width if below else box.x, level)
        goal = Point(upright, end.y if below else end.y + end.height)
        layout.lines[f"{a} {b}"] = [start, Point(upright, level), goal]
        corner = Point(columns[b][0] + (len(into[b]) + 1) * STRIP, rows[a][0] + (len(out[a]) + 1) * STRIP)
        layout.texts[f"{a} {b}"] = Box(*corner, *texts[a, b])
    return layout
