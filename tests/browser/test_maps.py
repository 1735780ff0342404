"""The interactive t-SNE maps: pointer, wheel, keyboard, classes."""

import base64
import io
import json
import re
import time

import pytest
from PIL import Image
from playwright.sync_api import expect

pytestmark = pytest.mark.thorough

FULL, MARGIN = 4095, 1.06  # coordinates on a map; the share of its side that the points take is 1 / MARGIN
PHONE = {"width": 390, "height": 844}
PATIENCE = 20  # seconds
HINT = "Point at a dot, or focus the map and use the arrow keys."
SETTLED = """canvas => new Promise((done) => requestAnimationFrame(
    () => requestAnimationFrame(() => done(canvas.toDataURL()))))"""


class Map:
    """A map on the page as a reader meets it."""

    def __init__(self, page, anchor):
        self.page, self.figure = page, page.locator(f"#{anchor}")
        self.canvas, self.told = self.figure.locator(".stage canvas"), self.figure.locator(".shown p")
        self.thumb, self.toggles = self.figure.locator(".shown canvas"), self.figure.locator(".toggles button")
        self.data = json.loads(self.figure.locator("script").text_content())
        self.canvas.scroll_into_view_if_needed()

    def drawn(self):
        """The picture, once it has settled."""
        return self.canvas.evaluate(SETTLED)

    def drawn_anew(self, before):
        """The picture after something that a browser does in its own time, such as turning a wheel."""
        end = time.monotonic() + PATIENCE
        while (found := self.drawn()) == before and time.monotonic() < end:
            pass
        return found

    def tile(self):
        """Colour in the middle of the image beside the map."""
        picture = self.thumb.evaluate("canvas => canvas.toDataURL()").partition(",")[2]
        with Image.open(io.BytesIO(base64.b64decode(picture))) as image:
            return image.convert("RGB").getpixel((48, 48))

    def place(self, point, iterations=750):
        """Pixels of a point on the screen, while all of the map is shown."""
        box, found = self.canvas.bounding_box(), self.data["maps"][str(iterations)]
        scale = box["width"] / (FULL * MARGIN)
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        return tuple(start + (found[axis][point] - FULL / 2) * scale for start, axis in zip(middle, "xy", strict=True))

    def point_at(self, x, y):
        self.page.mouse.move(self.canvas.bounding_box()["x"] + 1, y)  # from elsewhere
        self.page.mouse.move(x, y)

    def called(self, point):
        """What the page says of a point."""
        return f"{self.kind(point)['name']}, test image {self.data['rows'][point]}"

    def kind(self, point):
        return self.data["kinds"][self.data["labels"][point]]

    def lonely(self):
        """The points in the order of their distance to the nearest other one, the farthest first."""
        places = [self.place(point) for point in range(len(self.data["rows"]))]

        def alone(point):
            x, y = places[point]
            others = (other for number, other in enumerate(places) if number != point)
            return min((x - a) ** 2 + (y - b) ** 2 for a, b in others)

        return sorted(range(len(places)), key=alone, reverse=True)

    def current(self):
        """The point that the page speaks of."""
        row = int(re.search(r"test image (\d+)$", self.told.inner_text()).group(1))
        return self.data["rows"].index(row)


@pytest.fixture
def fashion(visit):
    return Map(visit("fashion"), "fashion-tsne-fashion_dynamic-fc1")


@pytest.fixture
def scenes(visit):
    """A map of images that have several classes, or none."""
    return Map(visit("scenes"), "scenes-tsne-tuned-pool5")


@pytest.mark.parametrize("name", ["fashion", "scenes"])
def test_pointing_at_a_dot_shows_its_image(name, request):
    shown = request.getfixturevalue(name)
    expect(shown.told).to_have_text(HINT)
    for point in shown.lonely()[:3]:
        shown.point_at(*shown.place(point))
        expect(shown.told).to_have_text(shown.called(point))
        row = shown.data["rows"][point]
        colour = (row % 256, 2 * row % 256, 90) if name == "scenes" else (row % 256,) * 3
        assert shown.tile() == pytest.approx(colour, abs=2)  # the next tile is 3 brighter, or more


def test_wheel_zooms_about_the_pointer_once_the_map_is_focused(fashion):
    before, point = fashion.drawn(), fashion.lonely()[0]
    x, y = fashion.place(point)
    fashion.page.mouse.click(x, y)
    focused, scrolled = fashion.drawn(), fashion.page.evaluate("scrollY")
    fashion.page.mouse.wheel(0, -400)
    assert fashion.drawn_anew(focused) not in (before, focused)
    assert fashion.page.evaluate("scrollY") == scrolled
    fashion.point_at(x, y)  # still there
    expect(fashion.told).to_have_text(fashion.called(point))
    fashion.figure.get_by_role("button", name="All").click()
    assert fashion.drawn() == focused


def test_wheel_scrolls_the_page_past_a_map_without_focus(fashion):
    x, y = fashion.place(fashion.lonely()[0])
    fashion.page.mouse.move(x, y)
    before, scrolled = fashion.drawn(), fashion.page.evaluate("scrollY")
    fashion.page.mouse.wheel(0, 120)
    fashion.page.wait_for_function("before => scrollY > before", arg=scrolled)
    assert fashion.drawn() == before


def test_dragging_moves_the_map(fashion):
    point = fashion.lonely()[0]
    x, y = fashion.place(point)
    fashion.canvas.focus()
    fashion.page.mouse.move(x, y)
    whole = fashion.drawn()
    fashion.page.mouse.wheel(0, -200)
    before = fashion.drawn_anew(whole)
    box = fashion.canvas.bounding_box()
    by_x, by_y = (
        40 if at < start + side / 2 else -40
        for at, start, side in ((x, box["x"], box["width"]), (y, box["y"], box["height"]))
    )
    fashion.page.mouse.down()
    fashion.page.mouse.move(x + by_x, y + by_y, steps=4)
    fashion.page.mouse.up()
    assert fashion.drawn() != before
    fashion.canvas.press("ArrowLeft")
    fashion.point_at(x + by_x, y + by_y)
    expect(fashion.told).to_have_text(fashion.called(point))


def test_buttons_choose_the_number_of_iterations(fashion):
    last, first = (fashion.figure.get_by_role("button", name=f"{count} iterations") for count in (750, 300))
    expect(last).to_have_attribute("aria-pressed", "true")
    before = fashion.drawn()
    first.click()
    expect(first).to_have_attribute("aria-pressed", "true")
    expect(last).to_have_attribute("aria-pressed", "false")
    assert fashion.drawn() != before
    scores = fashion.figure.locator(".score")
    assert [score.is_visible() for score in scores.all()] == [True, False]
    expect(scores.first).to_contain_text("300 iterations")
    point = fashion.lonely()[0]
    fashion.point_at(*fashion.place(point, 300))
    assert fashion.told.inner_text() != HINT


def test_buttons_zoom(fashion):
    pictures = [fashion.drawn()]
    for name in ("Zoom in", "Zoom in", "Zoom out", "All"):
        fashion.figure.get_by_role("button", name=name).click()
        pictures.append(fashion.drawn())
    whole, near, nearer, *back = pictures
    assert len({whole, near, nearer}) == 3
    assert back == [near, whole]


def test_legend_hides_a_class(fashion):
    before, point = fashion.drawn(), fashion.lonely()[0]
    (label,) = fashion.kind(point)["classes"]
    toggle = fashion.toggles.nth(label)
    assert toggle.inner_text() == fashion.kind(point)["name"]
    expect(toggle).to_have_attribute("aria-pressed", "true")
    toggle.click()
    expect(toggle).to_have_attribute("aria-pressed", "false")
    without = fashion.drawn()
    assert without != before
    fashion.point_at(*fashion.place(point))
    expect(fashion.told).not_to_have_text(fashion.called(point))
    toggle.click()
    fashion.point_at(*fashion.place(point))
    expect(fashion.told).to_have_text(fashion.called(point))
    assert fashion.drawn() != without


def test_an_image_of_several_classes_hides_with_the_last_of_them(scenes):
    point = next(number for number in scenes.lonely() if len(scenes.kind(number)["classes"]) > 1)
    other = next(number for number in scenes.lonely() if not scenes.kind(number)["classes"])
    assert scenes.called(other).startswith("no class")
    x, y = scenes.place(point)
    classes = scenes.kind(point)["classes"]
    assert len(classes) == 2
    for label in classes:
        scenes.point_at(x, y)
        expect(scenes.told).to_have_text(scenes.called(point))
        scenes.point_at(*scenes.place(other))  # an image without a class always shows
        expect(scenes.told).to_have_text(scenes.called(other))
        scenes.toggles.nth(label).click()
    scenes.point_at(x, y)
    expect(scenes.told).not_to_have_text(scenes.called(point))


def test_a_finger_picks_a_dot(visit):
    shown = Map(visit("fashion", viewport=PHONE, has_touch=True, is_mobile=True), "fashion-tsne-fashion_dynamic-fc1")
    point = shown.lonely()[0]
    shown.page.touchscreen.tap(*shown.place(point))
    expect(shown.told).to_have_text(shown.called(point))


def test_keyboard(fashion):
    page, start = fashion.page, fashion.drawn()
    fashion.figure.evaluate("figure => { figure.tabIndex = -1; figure.focus(); }")
    page.keyboard.press("Tab")
    expect(fashion.canvas).to_be_focused()
    expect(fashion.told).not_to_have_text(HINT)  # a dot in the middle is chosen
    chosen = fashion.drawn()
    assert chosen != start
    for key, axis, sign in (("ArrowRight", 0, 1), ("ArrowDown", 1, 1), ("ArrowLeft", 0, -1), ("ArrowUp", 1, -1)):
        before = fashion.place(fashion.current())
        page.keyboard.press(key)
        assert sign * (fashion.place(fashion.current())[axis] - before[axis]) > 0
    seen = [fashion.drawn()]
    for key in ("+", "Shift+ArrowRight", "+", "-", "0"):
        page.keyboard.press(key)
        seen.append(fashion.drawn())
    whole, near, moved, nearer, *back = seen
    assert len({whole, near, moved, nearer}) == 4
    assert back == [moved, whole]
    page.keyboard.press("Tab")
    expect(fashion.figure.get_by_role("button", name="300 iterations")).to_be_focused()
    page.keyboard.press("Enter")
    assert fashion.drawn() != whole
    toggle = fashion.toggles.first
    toggle.focus()
    page.keyboard.press("Space")
    expect(toggle).to_have_attribute("aria-pressed", "false")
