import re

import pytest

from assistant import frontpage

PAGE = """<!doctype html>
<html
	lang="en"
	style="margin: 0;"
>
	<head>
		<meta charset="utf-8" />
		<base href="./" />
		<meta property="og:title" content="Gradio" />
		<meta
			property="og:image"
			content="https://raw.githubusercontent.com/x.jpg"
		/>
		<meta name="twitter:creator" content="@Gradio" />
		<style>
			body { color: red; }
		</style>
		<script>window.gradio_config = {"a": "</b>"};</script><script data-x>1</script>
		<link rel="manifest" href="/manifest.json" />
		<script type="module" crossorigin src="./assets/index.js"></script>
	</head>
	<body
		style="margin: 0;"
	>
		<gradio-app
			eager="true"
			style="display: flex"
		>
		</gradio-app>
		<script>
			go();
		</script>
	</body>
</html>
"""


def test_the_page_is_in_our_language_with_our_style_and_script():
    page = frontpage.rewrite(PAGE, "nn")
    assert '<html lang="nn">' in page
    assert "<title>Anskaffelsesassistenten</title>" in page
    assert '<link rel="stylesheet" href="/web/ui.css">' in page
    assert '<script src="/web/ui.js" defer></script>' in page
    assert "Sida treng JavaScript." in page


def test_nothing_inline_and_no_foreign_address_is_left():
    page = frontpage.rewrite(PAGE, "nb")
    assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=", page)
    assert "https://" not in page
    assert "manifest" not in page
    assert "Gradio" not in page


def test_what_gradio_needs_to_start_is_kept():
    page = frontpage.rewrite(PAGE, "nb")
    assert '<script type="module" crossorigin src="./assets/index.js"></script>' in page
    assert "<gradio-app" in page
    assert '<base href="./" />' in page
    assert page.index("early.js") < page.index("assets/index.js")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/config",
        "/theme.css",
        "/assets/Index-3F.js",
        "/gradio_api/queue/join",
        "/gradio_api/heartbeat/abc1",
    ],
)
def test_what_the_page_needs_is_open(path):
    assert frontpage.needed(path, "/")
    assert frontpage.needed("/nn" + path, "/nn")


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/upload", "/gradio_api/file=/etc/passwd", "/gradio_api/proxy=http://x",
        "/gradio_api/runs", "/gradio_api/startup-events",
        "/gradio_api/run/predict", "/gradio_api/call/ask", "/gradio_api/openapi.json", "/gradio_api/app_id",
        "/gradio_api/stream/x", "/gradio_api/component_server", "/gradio_api/vibe-edit", "/monitoring",
        "/monitoring/summary", "/login", "/logout", "/token", "/user", "/svelte/x", "/manifest.json",
        "/robots.txt",
        "/static/img/logo.svg", "/assets/../config", "/assets/a/b.js", "/finnes-ikke", "/nnn/", "/ny",
    ],
)  # fmt: skip
def test_everything_else_of_gradio_is_shut(path):
    assert not frontpage.needed(path, "/")
    assert not frontpage.needed(path, "/nn")
