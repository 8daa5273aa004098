"""The Chromium that the other tests here rely on."""


def test_the_browser_renders_a_page(browser):
    page = browser.new_page()
    page.set_content("<title>A page</title><p>It is here.</p>")
    assert page.title() == "A page"
    assert page.get_by_text("It is here.").is_visible()
