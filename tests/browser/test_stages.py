"""The stages: a picture with links, and the lists that say the same in words."""

from playwright.sync_api import expect


def test_the_picture_leads_to_what_its_stages_made(visit):
    page = visit("stages")
    dag = page.get_by_role("group", name="Stages in groups")
    expect(dag.get_by_role("link", name="train 2: train@fashion_dynamic, train@fashion_static")).to_be_visible()
    dag.get_by_role("link", name="embed: ").click()
    expect(page.locator("#fashion-embedding h2")).to_be_in_viewport()
    page.go_back()
    dag.get_by_role("link", name="extract: ").focus()
    page.keyboard.press("Enter")  # shown nowhere: to the list
    row = page.locator("#stage-extract-fashion_dynamic")
    expect(row).to_be_in_viewport()
    expect(row).to_contain_text("logs/extract/fashion_dynamic.log")
    row.get_by_role("link", name="train@fashion_dynamic").click()
    expect(page.locator("#stage-train-fashion_dynamic")).to_be_in_viewport()


def test_a_figure_says_what_it_was_drawn_from(visit):
    page = visit("fashion")
    how = page.locator("#fashion-probes .how").first
    how.locator("summary").press("Enter")
    expect(how).to_contain_text("dvc repro study@fashion")
    expect(how).to_contain_text("logs/probe/fashion_dynamic.log")
    how.get_by_role("link", name="probe@fashion_dynamic").click()
    row = page.locator("#stage-probe-fashion_dynamic")
    expect(row).to_be_in_viewport()
    digest = row.locator("td").nth(2).inner_text().strip()
    assert len(digest) == 64
    page.go_back()
    expect(page.locator("#fashion-probes .how").first).to_contain_text(digest[:12])


def test_no_box_lies_upon_another(visit):
    boxes = (
        visit("stages")
        .locator(".dag rect")
        .evaluate_all(
            "all => all.map((one) => ['x', 'y', 'width', 'height'].map((key) => Number(one.getAttribute(key))))"
        )
    )
    assert len(boxes) > 20
    for number, (x, y, width, height) in enumerate(boxes):
        for left, top, wide, high in boxes[:number]:
            assert x + width <= left or left + wide <= x or y + height <= top or top + high <= y
