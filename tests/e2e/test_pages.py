"""The pages in a real browser: they render, stay inside, break no rule and can be used by all."""

import re

import pytest

from tests.e2e.watching import accessibility_faults, ask, watched

PAGES = {
    "/": "#question",
    "/docs": ".opblock",
    "/redoc": "[role=menuitem]",
    "/problems": ".problems a[href='problems/validation-error']",
    "/problems/validation-error": "pre",
}
HAZARD_RATIOS = {"1500": "0.52", "5000": "1.37", "3650": "0.52"}
MADE_UP_HOST = "clinic.test"


@pytest.fixture
def seen(browser, server):
    """Open a watched page on a wide screen."""
    with watched(browser, server) as page:
        yield page


@pytest.mark.parametrize("path", PAGES)
def test_a_page_renders_and_asks_nobody_outside(seen, path):
    page = seen.open(path)
    page.locator(PAGES[path]).first.wait_for()
    seen.assert_quiet()


def test_swagger_shows_the_operations_and_can_be_opened(seen):
    page = seen.open("/docs")
    page.locator(".opblock-summary-path[data-path='/v1/estimate']").click()
    page.get_by_role("button", name="Try it out").wait_for()
    seen.assert_quiet()


def test_redoc_searches_in_its_worker(seen):
    page = seen.open("/redoc")
    page.get_by_placeholder("Search").fill("estimate")
    page.locator("[data-role='search:results'] li").first.wait_for()
    seen.assert_quiet()


def test_modelled_deaths_stand_with_their_intervals(seen):
    page = seen.open("/")
    ask(page, "1500")
    told = page.locator(".deaths").inner_text()
    assert re.search(r"placebo 46.?% \(95.?% interval 36.?% to 58.?%\)", told)
    assert re.search(r"27.?% \(95.?% interval 19.?% to 39.?%\)", told)
    seen.assert_quiet()


@pytest.mark.parametrize("level", HAZARD_RATIOS)
def test_an_estimate_stands_beside_the_primary_result(seen, level):
    page = seen.open("/")
    ask(page, level)
    assert page.locator(".ratio-value").all_inner_texts() == [HAZARD_RATIOS[level], "0.81"]
    assert "not significant" in page.locator(".effect-columns").inner_text()
    assert page.locator(".uplot canvas").is_visible()
    seen.assert_quiet()


def test_only_the_level_is_asked_and_only_in_that_request(seen):
    ask(seen.open("/"), "1500")
    asked = [url for url in seen.requests if "1500" in url]
    assert asked == [f"{seen.address}/v1/estimate?pnfh=1500&unit=pg%2FmL&specimen=csf"]
    assert "1500" not in seen.page.url


def test_a_level_near_a_cut_point_is_a_caution(seen):
    page = seen.open("/")
    ask(page, "3650")
    assert "Caution" in page.locator(".warnings").inner_text()


def test_silence_is_an_answer_of_its_own(seen):
    page = seen.open("/")
    ask(page, "500")
    assert page.locator(".stratum h3").inner_text() == "No published estimate"
    assert page.locator(".ratio-value").all_inner_texts() == ["–", "0.81"]
    assert page.locator(".curves").count() == 0
    seen.assert_quiet()


def test_a_bound_that_decides_nothing_is_an_answer_too(seen):
    page = seen.open("/")
    ask(page, "<800")
    assert page.locator("#comparator").input_value() == "<"
    assert page.locator(".stratum h3").inner_text() == "Stratum not decided"
    seen.assert_quiet()


@pytest.mark.parametrize("level", ["abc", "0", "1,500", ""])
def test_a_fault_is_told_beside_its_field(seen, level):
    page = seen.open("/")
    ask(page, level)
    field = page.locator("#pnfh")
    assert field.get_attribute("aria-invalid") == "true"
    assert "pnfh-fault" in field.get_attribute("aria-describedby")
    assert page.locator("#pnfh-fault").inner_text() != ""
    assert page.evaluate("document.activeElement.id") == "pnfh"
    ask(page, "1500")
    assert page.locator("[aria-invalid], .fault:visible").count() == 0
    seen.assert_quiet()


EMPTY_EFFECT = {
    "hazard_ratio": {"value": 0.57, "lower": None, "upper": None, "p_value": None},
    "direction": "uncertain",
    "survival_difference": None,
    "number_needed_to_treat": None,
    "rmst_difference": None,
    "continuous": {"hazard_ratio": None, "reason": None},
    "interaction": None,
}
SPARSE_ANSWERS = [
    {"status": "estimate"},
    {"status": "no_estimate", "reason": None, "stratum": None, "context": None},
    {"status": "estimate", "treatment_effect": EMPTY_EFFECT, "survival_curves": None},
    {"status": "estimate", "survival_curves": {"horizon": 640, "arms": [{"id": "placebo"}]}},
]


@pytest.mark.parametrize("answer", SPARSE_ANSWERS)
def test_an_answer_with_empty_parts_is_shown_without_them(seen, answer):
    page = seen.open("/")
    page.route("**/v1/estimate?*", lambda route: route.fulfill(json=answer))
    ask(page, "1500")
    assert page.locator(".stratum").is_visible()
    assert not re.search(r"NaN|undefined|null|Infinity", page.locator("#answer").inner_text())
    seen.assert_quiet()


def test_a_service_that_does_not_answer_is_said_to_be_away(seen):
    page = seen.open("/")
    page.route("**/v1/estimate?*", lambda route: route.abort())
    ask(page, "1500")
    assert "did not answer" in page.get_by_role("alert").inner_text()


def test_benefit_and_harm_look_alike(seen):
    page = seen.open("/")
    looks = []
    for level in ("1500", "5000"):
        ask(page, level)
        page.locator(".ratio-value", has_text=HAZARD_RATIOS[level]).wait_for()
        looks.append(page.locator(".effect-column").first.evaluate(APPEARANCE))
    assert looks[0] == looks[1]


APPEARANCE = """column => [...column.querySelectorAll("*")].map((element) => {
    const { color, backgroundColor, fontSize, fontWeight } = getComputedStyle(element);
    return [element.className, color, backgroundColor, fontSize, fontWeight].join();
})"""


def test_the_page_speaks_french(browser, server):
    with watched(browser, server, locale="fr-FR") as seen:
        page = seen.open("/")
        ask(page, "1500")
        assert page.locator(".ratio-value").first.inner_text() == "0,52"
        assert page.evaluate("document.documentElement.lang") == "fr"
        page.select_option("#language", "en")
        page.locator(".ratio-value", has_text="0.52").wait_for()
        seen.assert_quiet()


def test_both_languages_have_every_word(seen):
    english, french, page_words = seen.open("/").evaluate(WORDS)
    assert english == french
    assert page_words["french"] == page_words["page"]


WORDS = """async () => {
    const folder = document.querySelector("script[type=module]").src.replace("main.js", "words/");
    const { en } = await import(`${folder}en.js`);
    const { fr } = await import(`${folder}fr.js`);
    const used = [...document.querySelectorAll("[data-word]")].map((each) => each.dataset.word);
    const page = { page: [...new Set(used)].sort(), french: Object.keys(fr.page).sort() };
    return [Object.keys(en).sort(), Object.keys(fr).sort(), page];
}"""


def test_the_keyboard_is_enough(seen):
    page = seen.open("/")
    page.focus("#pnfh")
    page.keyboard.type("1500")
    page.keyboard.press("Enter")
    page.locator(".curves").wait_for()
    assert page.evaluate("document.activeElement.id") == "answer"
    assert "ready" in page.locator("#announcement").inner_text()
    page.focus("#day")
    page.keyboard.press("Home")
    assert "day 0" in page.locator(".reading").inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_the_answer_fits_and_is_accessible(browser, server, width, theme):
    size = {"width": width, "height": 800}
    with watched(browser, server, viewport=size, color_scheme=theme) as seen:
        page = seen.open("/")
        ask(page, "3650")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
        assert accessibility_faults(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_accessible(browser, server, path, theme):
    with watched(browser, server, color_scheme=theme) as seen:
        page = seen.open(path)
        page.locator(PAGES[path]).first.wait_for()
        assert accessibility_faults(page) == []


def test_the_accessibility_check_finds_a_seeded_fault(seen):
    page = seen.open("/")
    page.evaluate("document.querySelector('label[for=pnfh]').remove()")
    assert any(fault.startswith("label") for fault in accessibility_faults(page))


def test_the_watch_sees_a_page_that_breaks_the_rules(seen):
    page = seen.open("/")
    page.evaluate("new Image().src = 'http://outside.test/mark.png'")
    page.wait_for_function("globalThis.violations.length > 0")
    assert "img-src" in seen.violations()[0]


@pytest.mark.parametrize("level", ["1500", "3650", "5000", "500"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_answer_prints_on_one_page(browser, server, level, theme):
    with watched(browser, server, color_scheme=theme) as seen:
        page = seen.open("/")
        ask(page, level)
        sheet = page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", sheet)) == 1


@pytest.mark.parametrize("path", PAGES)
def test_a_page_works_under_any_name_and_path(browser, server, path):
    address = f"http://{MADE_UP_HOST}:8000/als"
    with watched(browser, address) as seen:
        seen.page.route(f"{address}/**", lambda route: pass_on(route, address, server))
        page = seen.open(path)
        page.locator(PAGES[path]).first.wait_for()
        if path == "/":
            ask(page, "1500")
        seen.assert_quiet()


def pass_on(route, address, server):
    """Hand a request on as a reverse proxy does that serves under a path of its own."""
    url = route.request.url.replace(address, server, 1)
    route.fulfill(response=route.fetch(url=url))
